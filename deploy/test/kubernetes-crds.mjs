// Validates objects of the Prometheus operator, a JSON list on standard input, against the operator's own schemas:
// kubernetes-crds.mjs NODE_MODULES
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const schemas = `${process.argv[2]}/@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/index.js`;
const models = await import(pathToFileURL(schemas).href);

const objects = JSON.parse(readFileSync(0, 'utf8') || '[]');
for (const object of objects) {
  const Model = models[object.kind];
  if (!Model) throw new Error(`no schema for ${object.apiVersion} ${object.kind}`);
  try {
    new Model(object).validate();
  } catch (error) {
    console.error(`${object.kind}/${object.metadata.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
console.error(`· ${objects.length} objects of the Prometheus operator are valid or named above`);
