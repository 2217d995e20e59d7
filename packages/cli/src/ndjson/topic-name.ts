/** Says whether Kafka could have a topic of this name: 1 to 249 of ASCII letters, digits, `.`, `_`, `-`, but not `.` or `..`. */
export function isTopicName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}
