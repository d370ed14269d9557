/**
 * What `isotls help` prints.
 *
 * @module
 */

export const HELP = `isotls: TLS 1.2 and 1.3 in TypeScript

  isotls connect HOST[:PORT] | https://URL    stdin to the peer, the peer to stdout, a summary on stderr
  isotls serve --cert FILE --key FILE         a server for development and tests
  isotls verify CHAIN.pem --ca FILE --host NAME               is a chain good? prints the path, or what was refused and why
  isotls demo                                 a handshake in memory, explained on screen
  isotls ca init | issue | revoke | crl | ocsp    a small authority for development and tests
  isotls help COMMAND                         the options of a command

Exit codes: 0 done, 1 usage, 2 TLS or validation failure, 3 transport failure. Errors are "code: sentence" on stderr.
`;

const COMMON = `  --psk HEX --psk-identity NAME [--psk-hash sha256|sha384]     a key that both sides have from elsewhere; it is visible to
                              whoever lists this machine's processes
  --record-size-limit N       take no record with more than N bytes, 64 to 16385 (RFC 8449)
  --alpn LIST                 application protocols, most preferred first: h2,http/1.1
  --min-version V --max-version V             1.2 or 1.3; default: both
  --cipher-suites LIST        of both versions, by their registry names; a version without a suite in it is not spoken. Default:
                              TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256 and for TLS 1.2
                              TLS_ECDHE_(ECDSA|RSA)_WITH_ the same three. Only when listed: CCM, and in TLS 1.2 static RSA
                              (TLS_RSA_WITH_…) and CBC (…_CBC_SHA, …_CBC_SHA256, …_CBC_SHA384)
  --groups LIST               X25519MLKEM768,x25519,secp256r1,secp384r1,secp521r1;
                              only when listed: SecP256r1MLKEM768,SecP384r1MLKEM1024,x448
  --keylog FILE               append the secrets (RFC 9850), for Wireshark: whoever reads them reads the connection
  --provider noble|node       the cryptography: JavaScript alone, or node:crypto where it is the faster one; default: noble
`;

export const HELP_FOR: Readonly<Record<string, string>> = {
  connect: `isotls connect HOST[:PORT] | https://URL    (port 443 unless given)

Copies stdin to the peer and the peer's data to stdout, and prints a summary on stderr. The end of stdin sends close_notify;
the command ends when the peer closes. With a URL it sends one GET over HTTP/1.1 and prints the response as it came, head
and body, until it is complete.

A peer that ends without close_notify is ERR_TLS_TRUNCATED, exit code 2, since data may have been cut off; not so with a URL
when Content-Length or the last chunk shows that the response is complete.

  --servername NAME           verify this name, and send it as SNI; default: HOST
  --ca FILE                   trust these roots (PEM, repeatable) instead of those that Node brings
  --cert FILE --key FILE      a client certificate with its chain, and its key (PEM, repeatable pairs)
  --signature-schemes LIST    accepted from the peer
  --session-out FILE          write the newest session there, for its owner to read alone; waits a second for a ticket if
                              none has come
  --session-in FILE           offer that session. Offer it once: a second time, onlookers can tell that it is you again
  --early-data FILE           send its bytes ahead of the handshake, if the session allows so many; they are not sent again
                              if the server rejects them. Whoever sees them go by can send them again to the server
  --reconnect N               N more connections afterwards, each resuming the last one, one line each on stderr
  --ocsp                      ask for a stapled OCSP response; the summary says how long it is. One that says revoked is
                              refused, and so is a must-staple certificate without a good one
  --crl FILE                  a CRL (PEM or DER, repeatable); the server's certificate must be shown not to be revoked, by a
                              list or a staple, and no authority above it may be
  --key-update                change both sides' keys after the handshake (TLS 1.3)
  --trace                     the flow of the connection, as a capture with its keys shows it, on stderr
  --dangerously-skip-verification             accept any certificate; sessions made so are offered only with this option
  --json                      the summary as one line of JSON (on stderr)
${COMMON}`,
  verify: `isotls verify CHAIN.pem… [--ca FILE]… [--host NAME]

The first certificate is the leaf; the others may come in any order, and some may be of no use. A file may also be one
certificate in DER. Nothing is fetched. Prints the path from the leaf to its anchor, or the refusal with its certificate,
rule and RFC section; exit code 2 for a refusal.

  --ca FILE                   trust these roots (PEM, repeatable) instead of those that Node brings
  --host NAME                 the name or address that the leaf must be for; without it no name is checked
  --time ISO                  at this moment, as 2026-11-23T12:00:00Z; default: now
  --purpose server|client     default: server
  --crl FILE                  a CRL (PEM or DER, repeatable)
  --ocsp FILE                 an OCSP response (DER). With either the leaf must be shown not to be revoked
  --policy OID                a certificate policy, of which one must hold along the path (repeatable)
  --pin BASE64                SHA-256 of a public key, of which one must be in the path (repeatable)
  --json                      the path, or the refusal with the trace of every candidate, as one line of JSON on stdout
`,
  ca: `A small authority for development and tests. Its folder holds everything: keep it, and its keys, to yourself.

isotls ca init --out DIR      a root: ca.pem to trust, and ca-key.pem
  --name NAME --key KIND --days N             default: an EC key, ten years
isotls ca issue --ca DIR --name N… --out FILE.pem
                              a certificate with its chain, and FILE-key.pem beside it
  --ip A                      an address it is for (repeatable)
  --client                    for a client; --name need not be a host then
  --intermediate              below an intermediate, which is kept in DIR and used again
  --must-staple               clients that check revocation accept it with a stapled OCSP response alone (RFC 7633)
  --key KIND --days N         default: an EC key, a year
isotls ca revoke --ca DIR --cert FILE.pem     the first certificate in the file; it is noted in DIR
  --reason REASON             keyCompromise, superseded … (RFC 5280 §5.3.1)
isotls ca crl --ca DIR --out FILE.pem         the CRLs of the root and of the intermediates, for --crl
  --days N                    until the next ones; default: 30
isotls ca ocsp --ca DIR --cert FILE.pem --out FILE.der
                              what an OCSP responder would say now, for serve --ocsp
  --delegate                  signed by a responder of its own, which the authority has authorized
  --days N                    until the next one; default: 7

KIND is p256, p384, p521, ed25519, ed448, rsa2048 or rsa-pss2048. All take --json.
`,
  serve: `isotls serve --cert FILE --key FILE [--port N] [--host H] [--www | --echo]

Prints "listening on HOST:PORT" first; port 0, the default, picks one. Serves any number of connections at once until it
is stopped, and writes one line for each to stderr.

  --cert FILE --key FILE      a chain and its key (PEM, repeatable pairs); chosen by name and signature schemes; not needed
                              where --psk is all that clients come with
  --host H                    default: 127.0.0.1
  --echo                      sends back what comes (the default)
  --www                       at a blank line one HTTP/1.0 reply with the connection's facts, then closes
  --reply-size N              fills that reply up to N bytes; up to 16384 it is one record
  --sni NAME                  serve this name alone (repeatable); any other: unrecognized_name
  --signature-schemes LIST    to sign with
  --client-auth none|request|require --ca FILE                ask for a client certificate, below these roots
  --client-signature-schemes LIST             accepted from clients
  --tickets N                 after each handshake; default: 2, after a resumption 1. They hold their sessions, under keys of this
                              process
  --ticket-keys FILE          under the keys in this file, made if it is missing: tickets outlive a restart, and all servers with
                              the file take them. A server that starts a day after the youngest key was made adds one
  --session-cache             keep the sessions in memory: in TLS 1.3 each for one use, tickets are their names; in TLS 1.2 they
                              have IDs, and no tickets
  --no-tickets-12             none in TLS 1.2, where one comes within the handshake
  --early-data BYTES          allow so much, up to 1048576, ahead of the handshake (0-RTT); default: 0. Each of it is taken once
                              in this process. Another server with the same --ticket-keys, or this one after a restart, cannot
                              tell a replay: after a start with a --ticket-keys file that was there before, none is taken for
                              ten seconds; of several servers that share one, let one alone allow early data
  --ocsp FILE                 an OCSP response (DER) to staple; repeatable, for the --cert in their order
  --cookie                    answer every first ClientHello with a HelloRetryRequest (TLS 1.3)
  --trace                     each transition of the state machine and each message sent, on stderr
  --json                      one line of JSON for each connection on stdout, and the --www reply as JSON
${COMMON}`,
  demo: `isotls demo [--json] [--show-secrets]

A client and a server of this library in one process, without sockets: a fresh authority, a full TLS 1.3 handshake and an HTTP
exchange, then a second connection that resumes the first with its request as early data, and what of both went over the
wire.
`,
};
