/** The characters that Kafka allows in the name of a topic. It does not accept `.` and `..` though. */
export const TOPIC = /^[A-Za-z0-9._-]{1,249}$/
