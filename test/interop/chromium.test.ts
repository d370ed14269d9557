/**
 * Chromium loads pages from `isotls serve`: by a full handshake, and by one that resumes it.
 *
 * The authority is trusted as a user would have it: in the NSS database of the browser's home. No check is turned off.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { type Authority, hasTool, makeAuthority } from '../peers.ts';
import { type DevTools, startChromium } from './devtools.ts';
import { useProvider } from './own-provider.ts';
import { assertFull, assertResumed, type Facts, type OwnServer, scratch, serveOwn } from './resumption-ends.ts';

/** A home in whose NSS database the authority is trusted; null where a tool is missing. */
function homeFor(t: TestContext, authority: Authority): string | null {
  if (!hasTool(t, 'certutil') || !hasTool(t, 'chromium')) return null;
  const home = scratch()('home');
  const database = `${home}/.pki/nssdb`;
  mkdirSync(database, { recursive: true });
  execFileSync('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']);
  execFileSync('certutil', ['-A', '-d', `sql:${database}`, '-n', 'isotls', '-t', 'C,,', '-i', authority.ca]);
  return home;
}

interface Page {
  /** What DevTools says of the connection. */
  readonly security: Facts;
  readonly text: string;
}

/** A page in a tab of its own. */
async function load(browser: DevTools, url: string): Promise<Page> {
  const { targetId } = await browser.call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.call('Target.attachToTarget', { targetId, flatten: true });
  const session = String(sessionId);
  await browser.call('Network.enable', {}, session);
  await browser.call('Page.enable', {}, session);
  const navigate = async (): Promise<void> => {
    const { errorText } = await browser.call('Page.navigate', { url }, session);
    assert.equal(errorText, undefined, `${url}: ${errorText}`);
  };
  const [received] = await Promise.all([
    browser.event('Network.responseReceived', (params) => params['type'] === 'Document'),
    browser.event('Page.loadEventFired'),
    navigate(),
  ]);
  const { response } = received as { readonly response: Facts };
  const { result } = await browser.call('Runtime.evaluate', { expression: 'document.body.innerText' }, session);
  await browser.call('Target.closeTarget', { targetId });
  assert.equal(response['securityState'], 'secure');
  return { security: response['securityDetails'] as Facts, text: String((result as Facts)['value']) };
}

/** The connection on which a page came, in the server's words. */
async function connectionOf(server: OwnServer, page: Page): Promise<Facts> {
  const { clientRandom } = JSON.parse(page.text) as Facts;
  for (let count = 1; ; count++) {
    const found = (await server.connections(count)).find((facts) => facts['clientRandom'] === clientRandom);
    if (found !== undefined) return found;
  }
}

test('a page, and the page again by a resumed connection: TLS 1.3 with X25519MLKEM768', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const home = homeFor(t, authority);
  if (home === null) return;
  const browser = await startChromium(t, home);
  const { product } = await browser.call('Browser.getVersion');
  const visit = async (server: OwnServer, url: string): Promise<readonly [Page, Facts]> => {
    const page = await load(browser, url);
    return [page, await connectionOf(server, page)];
  };
  for (const [provider, ...how] of [[nobleProvider], [nobleProvider, '--session-cache'], [nodeProvider]] as const) {
    useProvider(provider);
    const server = await serveOwn(t, authority, ['--www', '--tickets', '2', ...how]);
    const url = `https://localhost:${server.port}/`;
    const first = await load(browser, url);
    // Chromium opens a second connection at once, before it has a ticket: the page may come on that one first.
    let [second, resumed] = await visit(server, `${url}again`);
    for (let turn = 0; turn < 4 && resumed['resumed'] === false; turn++) {
      assertFull(resumed);
      [second, resumed] = await visit(server, `${url}${turn}`);
    }
    for (const { security } of [first, second]) {
      assert.equal(security['protocol'], 'TLS 1.3');
      assert.equal(security['keyExchangeGroup'], 'X25519MLKEM768');
      assert.equal(security['subjectName'], 'localhost');
      assert.equal(security['issuer'], 'isotls test intermediate');
    }
    const full = await connectionOf(server, first);
    assertFull(full);
    assertResumed(resumed);
    for (const facts of [full, resumed]) assert.equal(facts['group'], 'X25519MLKEM768');
    assert.notEqual(full['clientRandom'], resumed['clientRandom']);
  }
  t.diagnostic(
    `chromium: ${product} loaded pages, and each again by a resumed connection: twice from ours on noble, once on node`,
  );
});

test('a name that the certificate has not is refused', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const home = homeFor(t, authority);
  if (home === null) return;
  const browser = await startChromium(t, home, ['--host-resolver-rules=MAP other.test 127.0.0.1']);
  const server = await serveOwn(t, authority, ['--www']);
  await assert.rejects(load(browser, `https://other.test:${server.port}/`), /net::ERR_CERT_COMMON_NAME_INVALID/);
});
