import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Credentials } from './people';
import { newPerson } from './people';

const CLUSTER = process.env['CLUSTER_JSON'] || undefined;
const BUILDS = join(import.meta.dirname, '..', '..', 'target');

/** The program that makes admins: beside the one that serves, or the newest that was built. */
function backend(): string | undefined {
  if (process.env['BACKEND']) return process.env['BACKEND'];
  const builds = existsSync(BUILDS) ? readdirSync(BUILDS) : [];
  return builds.map((build) => join(BUILDS, build, 'onboarding-backend')).find((path) => existsSync(path));
}

export const reasonForNoAdmins =
  CLUSTER === undefined
    ? 'CLUSTER_JSON is not set (the file in which local-cluster says where it is)'
    : backend() === undefined
      ? 'onboarding-backend is not built (or set BACKEND to its path)'
      : undefined;

/** Somebody whom the command line has made an admin. */
export function newAdmin(name = 'Grace Hopper'): Credentials {
  const admin = newPerson(name);
  const folder = dirname(CLUSTER as string);
  execFileSync(
    backend() as string,
    ['admin', 'create-user', admin.email, '--name', name, '--role', 'admin'],
    {
      input: `${admin.password}\n`,
      env: {
        ...process.env,
        DATABASE_URL: `sqlite://${join(folder, 'onboarding.db')}`,
        JWT_SECRET: readFileSync(join(folder, 'jwt-secret'), 'utf8').trim(),
      },
      stdio: ['pipe', 'ignore', 'inherit'],
    },
  );
  return admin;
}
