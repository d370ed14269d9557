/**
 * Import time of the built entries, each in a new process, against importing the same modules of @noble alone; and against those
 * with asn1js, which an X.509 library would have to load if it had no DER reader of its own.
 *
 * Needs dist/ (`npm run build`). The modules are those that the entry's graph really loads.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { type Benchmark, compareAll, type Figure } from './figure.ts';

const root = join(import.meta.dirname, '..');
const ROUNDS = 15;
const asn1js = fileURLToPath(import.meta.resolve('asn1js'));

export const start: Benchmark = {
  name: 'start',
  async run(progress) {
    const figures: Figure[] = [];
    for (const [name, file] of [
      ['isotls', 'index.js'],
      ['isotls/node', 'node.js'],
      ['isotls/certs', 'certs.js'],
    ] as const) {
      const path = join(root, 'dist', file);
      if (!existsSync(path)) {
        progress(`no dist/${file}: npm run build makes it`);
        continue;
      }
      const modules = await packagesOf(path);
      progress(`${name}: ${modules.length} modules of other packages`);
      figures.push(
        ...(await compareAll(
          `start/${name}`,
          'imports/s',
          [{ name: 'isotls', provider: 'noble', measure: () => 1000 / importMs([path]) }],
          [
            { name: 'the same packages alone', provider: 'none', measure: () => 1000 / importMs(modules) },
            {
              name: 'the same packages and asn1js',
              provider: 'none',
              measure: () => 1000 / importMs([...modules, asn1js]),
            },
          ],
          ROUNDS,
        )),
      );
    }
    return figures;
  },
};

/** Files of other packages that the graph of a module imports, as it names them. */
async function packagesOf(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    // Nothing is shaken out: these are the modules that a runtime loads.
    treeShaking: false,
    format: 'esm',
    platform: 'node',
    absWorkingDir: root,
    logLevel: 'silent',
  });
  const own = Object.entries(metafile.inputs).filter(([path]) => !path.includes('node_modules/'));
  const imported = own.flatMap(([, { imports }]) => imports.map(({ path }) => path));
  return [...new Set(imported)].filter((path) => path.includes('node_modules/')).map((path) => join(root, path));
}

/** Milliseconds that a new process takes to import these, its own start not counted. */
function importMs(paths: readonly string[]): number {
  const imports = paths.map((path) => `await import(${JSON.stringify(pathToFileURL(path).href)});`).join('\n');
  const program = `const start = process.cpuUsage();\n${imports}\nconst { user, system } = process.cpuUsage(start);\nconsole.log((user + system) / 1000);`;
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' }),
  );
}
