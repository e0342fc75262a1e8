// Fails where src/generated is not what openapi.json gives: somebody changed one and not the other.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const frontend = join(dirname(fileURLToPath(import.meta.url)), '..');
const fresh = mkdtempSync(join(tmpdir(), 'onboarding-client-'));

/** Path → content of all files below `root`. */
function contents(root) {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]));
}

try {
  const generator = join(frontend, 'node_modules', '.bin', 'openapi-ts');
  execFileSync(generator, { cwd: frontend, env: { ...process.env, CLIENT_OUT: fresh }, stdio: 'pipe' });
  const [kept, expected] = [contents(join(frontend, 'src', 'generated')), contents(fresh)];
  const names = new Set([...kept.keys(), ...expected.keys()]);
  const drifted = [...names].filter((name) => kept.get(name) !== expected.get(name));
  if (drifted.length > 0) {
    console.error(`src/generated differs from openapi.json: ${drifted.join(', ')}. Run: npm run generate`);
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
