import { isSafeUrl } from '@keyfold/kms-api/provider-kit'

/** The task metadata service of ECS, and the agent of EKS Pod Identity. */
const CONTAINER_HOSTS: ReadonlySet<string> = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'])
/** The instance metadata service of EC2. */
const INSTANCE_HOSTS: ReadonlySet<string> = new Set(['169.254.169.254', '[fd00:ec2::254]'])

/** Returns whether requests may go to an endpoint: https, or http to this machine itself, where nobody is in between. */
export function isSafeEndpoint(protocol: string, hostname: string): boolean {
  return isSafeUrl({ protocol, hostname })
}

/**
 * Returns whether container credentials may come from an endpoint: a safe one, or one of the link-local addresses that AWS documents.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function isContainerEndpoint(protocol: string, hostname: string): boolean {
  return isSafeEndpoint(protocol, hostname) || (protocol === 'http:' && CONTAINER_HOSTS.has(hostname))
}

/**
 * Returns whether instance credentials may come from an endpoint: a safe one, or one of the link-local addresses that AWS documents.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function isInstanceEndpoint(protocol: string, hostname: string): boolean {
  return isSafeEndpoint(protocol, hostname) || (protocol === 'http:' && INSTANCE_HOSTS.has(hostname))
}
