// Takes the pictures of docs/pictures from a running system: `just screenshots`.
//
// BASE_URL is the address of the page, CLUSTER_JSON the file in which local-cluster says where everything is, BACKEND the
// program that makes an admin. Eleven people have signed up; one comes to the second step, one to the end, one looks after
// all of them; then the balancer answers requests while its own page is open. Each view is taken in light and in dark.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { executable, FLAGS } from './chromium.mjs';

const OUT = resolve(import.meta.dirname, '../../docs/pictures');
const LOAD_SECONDS = 8;
const PASSWORD = 'analytical engine 1843';
const OTHERS = [
  'Charles Babbage',
  'Mary Somerville',
  'Annie Easley',
  'Alan Turing',
  'Hedy Lamarr',
  'Katherine Johnson',
  'Konrad Zuse',
  'Radia Perlman',
  'Edsger Dijkstra',
];

const required = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`just screenshots\``);
  return value;
};
const page_url = required('BASE_URL');
const backend = required('BACKEND');
const cluster_file = required('CLUSTER_JSON');
const cluster = JSON.parse(readFileSync(cluster_file, 'utf8'));

const addressOf = (name) => `${name.toLowerCase().replace(' ', '.')}@example.com`;

/** A WebP of what is visible, in light and in dark, about a quarter of a PNG's size. */
async function shoot(page, name) {
  await shootIn(page, 'light', name);
  await shootIn(page, 'dark', `${name}-dark`);
}

async function shootIn(page, colorScheme, name) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(700);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  writeFileSync(join(OUT, `${name}.webp`), Buffer.from(data, 'base64'));
  console.log(`docs/pictures/${name}.webp`);
}

/** Makes accounts by the API, as the page would. */
async function signUpOthers() {
  for (const full_name of OTHERS) {
    const body = JSON.stringify({ full_name, email: addressOf(full_name), password: PASSWORD });
    const headers = { 'content-type': 'application/json' };
    // oxlint-disable-next-line no-await-in-loop -- in the order of the list
    const answer = await fetch(`${cluster.load_balancer}/api/auth/register`, {
      method: 'POST',
      headers,
      body,
    });
    if (!answer.ok) throw new Error(`registering ${full_name}: ${answer.status}`);
  }
}

function makeAdmin(name) {
  const folder = dirname(cluster_file);
  const env = {
    DATABASE_URL: `sqlite://${join(folder, 'onboarding.db')}`,
    JWT_SECRET: readFileSync(join(folder, 'jwt-secret'), 'utf8').trim(),
  };
  const words = ['admin', 'create-user', addressOf(name), '--name', name, '--role', 'admin'];
  execFileSync(backend, words, { input: `${PASSWORD}\n`, env: { ...process.env, ...env } });
}

async function shootOnboarding(page) {
  await page.goto(`${page_url}/sign-up`);
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill(addressOf('Ada Lovelace'));
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('link', { name: 'Do this later' }).click();
  await page.getByRole('heading', { level: 1, name: 'Tell us about you' }).waitFor();
  await shoot(page, 'onboarding');
}

async function shootDashboard(page) {
  await page.getByLabel('Job title').fill('Mathematician');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { level: 1, name: 'Where do you work?' }).waitFor();
  await page.getByRole('textbox', { name: 'Name' }).fill('Analytical Engines Ltd');
  await page.getByRole('radio', { name: '11 to 50 people' }).check();
  await page.getByRole('combobox', { name: 'Your role' }).click();
  await page.getByRole('option', { name: 'Engineering' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Skip for now' }).click();
  await page.getByRole('heading', { level: 1, name: 'One last look' }).waitFor();
  await page.getByRole('checkbox').first().check();
  await page.getByRole('button', { name: 'Finish' }).click();
  await page.getByRole('heading', { level: 1, name: /Ada/ }).waitFor();
  await shoot(page, 'dashboard');
}

async function shootAdminArea(page) {
  await page.goto(`${page_url}/log-in`);
  await page.getByLabel('E-mail').fill(addressOf('Grace Hopper'));
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/log-in'));
  await page.goto(`${page_url}/admin`);
  await page.getByText(addressOf('Ada Lovelace')).first().waitFor();
  await shoot(page, 'admin');
}

/** Asks again as soon as it was answered, until the time is over. */
async function ask(url, until) {
  if (Date.now() >= until) return;
  await (await fetch(url)).text();
  await ask(url, until);
}

async function shootBalancer(page) {
  await page.goto(cluster.admin);
  const until = Date.now() + LOAD_SECONDS * 1000;
  const clients = Array.from({ length: 8 }, () => ask(`${cluster.load_balancer}/api/health`, until));
  await Promise.all(clients);
  await shoot(page, 'load-balancer');
}

mkdirSync(OUT, { recursive: true });
const browser = await chromium.launch({
  executablePath: executable,
  args: FLAGS,
});
const device = async (height) => {
  const page = await browser.newPage({
    viewport: { width: 1200, height },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  return page;
};
try {
  await signUpOthers();
  makeAdmin('Grace Hopper');
  const person = await device(820);
  await shootOnboarding(person);
  await shootDashboard(person);
  await shootAdminArea(await device(820));
  await shootBalancer(await device(820));
} finally {
  await browser.close();
}
