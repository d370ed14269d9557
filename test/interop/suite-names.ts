/**
 * What other programs call the suites of TLS 1.2, and back.
 *
 * @see https://docs.openssl.org/3.0/man1/openssl-ciphers/; https://gnutls.org/manual/html_node/Priority-Strings.html
 * @module
 */
import { CIPHER_SUITES_12, type CipherSuite12, type CipherSuiteName } from '../../src/params/algorithms.ts';

/** "ECDHE-RSA-AES128-SHA256", "AES256-CCM8". */
export function opensslName({ name }: CipherSuite12): string {
  const [, exchange = '', cipher = ''] = /^TLS_(\w+)_WITH_(\w+)$/.exec(name) ?? [];
  const short = cipher
    .replace(/^AES_(\d+)_/, 'AES$1_')
    .replace('_CBC', '')
    .replace('CCM_8', 'CCM8')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305');
  return `${exchange === 'RSA' ? '' : `${exchange}_`}${short}`.replaceAll('_', '-');
}

/** A -cipher list. Half a tag is below the security level that OpenSSL asks for by default. */
export function opensslCiphers(suites: readonly CipherSuiteName[]): string {
  const names = known(suites).map(opensslName);
  return [...names, ...(names.some((name) => name.endsWith('CCM8')) ? ['@SECLEVEL=0'] : [])].join(':');
}

/** A priority string's part that allows these suites and no others. */
export function gnutlsPriorities(suites: readonly CipherSuiteName[]): string {
  return known(suites)
    .map(({ name, keyExchange, protection }) => {
      const exchange = keyExchange.toUpperCase().replace('_', '-');
      const [, cipher = ''] = /_WITH_(.*?)(_SHA\d*)?$/.exec(name) ?? [];
      const mac = protection.kind === 'aead' ? 'AEAD' : protection.mac.toUpperCase();
      return `:-KX-ALL:+${exchange}:-CIPHER-ALL:+${cipher.replaceAll('_', '-')}:-MAC-ALL:+${mac}`;
    })
    .join('');
}

/** GnuTLS: "GNUTLS_ECDHE_RSA_AES_128_CBC_SHA1". */
export function suiteOfGnutls(name: string): CipherSuiteName | undefined {
  return CIPHER_SUITES_12.find((suite) => {
    const plain = suite.name.replace('TLS_', 'GNUTLS_').replace('_WITH', '');
    const short = plain.replace(/CBC_SHA$/, 'CBC_SHA1').replace('POLY1305_SHA256', 'POLY1305');
    return name === short;
  })?.name;
}

export function suiteOfOpenssl(name: string): CipherSuiteName | undefined {
  return CIPHER_SUITES_12.find((suite) => opensslName(suite) === name)?.name;
}

function known(names: readonly CipherSuiteName[]): readonly CipherSuite12[] {
  return CIPHER_SUITES_12.filter(({ name }) => names.includes(name));
}
