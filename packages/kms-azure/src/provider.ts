/** The provider's short name. */
export const PROVIDER = 'azure'
