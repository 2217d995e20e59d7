/** Ends the command with one clear message instead of a stack trace. */
export class Stop extends Error {}
