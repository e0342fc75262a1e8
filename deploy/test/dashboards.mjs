// Writes the dashboards as TypeScript, so that the compiler holds them against the types that Grafana makes of its own
// schemas (@grafana/schema, of the version that the image's tag names): dashboards.mjs FILE... >checked.ts
//
// A name that is not in the schema, a value that is not among those allowed and a type that does not fit are errors of
// the compiler. What a query may have is Prometheus' own plugin's affair, and is written down here.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const kinds = { timeseries: 'timeseries/panelcfg/x/TimeSeriesPanelCfg', stat: 'stat/panelcfg/x/StatPanelCfg' };

const head = `
import type * as Schema from '@grafana/schema';
import type * as timeseries from './schema/raw/composable/${kinds.timeseries}_types.gen';
import type * as stat from './schema/raw/composable/${kinds.stat}_types.gen';

// As JSON has it: words in the place of enumerations.
type Json<T> = T extends string ? \`\${T}\` : T extends (infer Item)[] ? Json<Item>[] : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

interface Query extends Schema.DataQuery { expr: string; legendFormat?: string; instant?: boolean; range?: boolean; format?: 'time_series' | 'table' | 'heatmap'; }
interface Note extends Schema.AnnotationQuery { expr: string; step?: string; titleFormat?: string; textFormat?: string; tagKeys?: string; useValueForTime?: boolean; }
interface Fields<Custom> { defaults: Omit<Schema.FieldConfig, 'custom'> & { custom?: Partial<Custom> }; overrides: Schema.FieldConfigSource['overrides']; }
interface Graph<Kind extends string, Options, Custom> extends Omit<Schema.Panel, 'type' | 'targets' | 'options' | 'fieldConfig'> {
  type: Kind; targets: Query[]; options: Partial<Options>; fieldConfig: Fields<Custom>;
}
type Row = Schema.RowPanel;
type Timeseries = Graph<'timeseries', timeseries.Options, timeseries.FieldConfig>;
type Stat = Graph<'stat', stat.Options, object>;
type Board = Omit<Schema.Dashboard, 'panels' | 'annotations'> & { annotations: { list: Note[] }; panels: unknown[] };
`;

const type = { timeseries: 'Timeseries', stat: 'Stat', row: 'Row' };
const lines = [head];
for (const file of process.argv.slice(2)) {
  const name = basename(file, '.json').replaceAll('-', '_');
  const { panels, ...board } = JSON.parse(readFileSync(file, 'utf8'));
  lines.push(`export const ${name}: Json<Board> = ${JSON.stringify({ ...board, panels: [] }, null, 2)};`);
  for (const panel of panels) {
    if (!type[panel.type]) throw new Error(`${file}: panel ${panel.id}: no schema of the kind ${panel.type} is looked at here`);
    lines.push(`export const ${name}_${panel.id}: Json<${type[panel.type]}> = ${JSON.stringify(panel, null, 2)};`);
  }
}
console.log(lines.join('\n'));
