// Validates objects of operators (Prometheus, External Secrets), a JSON list on standard input, against the operators' own
// schemas: kubernetes-crds.mjs NODE_MODULES
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const packages = {
  'monitoring.coreos.com/v1': 'prometheus-operator/monitoring.coreos.com/v1',
  'external-secrets.io/v1': 'external-secrets/external-secrets.io/v1',
};

async function modelOf({ apiVersion, kind }) {
  const path = `${process.argv[2]}/@kubernetes-models/${packages[apiVersion]}/index.js`;
  const Model = packages[apiVersion] && (await import(pathToFileURL(path).href))[kind];
  if (!Model) throw new Error(`no schema for ${apiVersion} ${kind}`);
  return Model;
}

const objects = JSON.parse(readFileSync(0, 'utf8') || '[]');
for (const object of objects) {
  const Model = await modelOf(object);
  try {
    new Model(object).validate();
  } catch (error) {
    console.error(`${object.kind}/${object.metadata.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
if (objects.length) console.error(`· ${objects.length} objects of operators are valid or named above`);
