/**
 * `SSL_OP_CLEANSE_PLAINTEXT`, for the `secureOptions` of a connection: OpenSSL zeroes what it decrypted as soon as that was read.
 *
 * @see {@link https://docs.openssl.org/3.0/man3/SSL_CTX_set_options/ | SSL_CTX_set_options}
 */
export const CLEANSE_PLAINTEXT = 2
