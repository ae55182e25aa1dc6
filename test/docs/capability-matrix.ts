import type { FieldCapability, VendorAdapter } from '#libs/recording-model';
import { code, markdownTable } from './markdown.js';
import { renderSpecSummary, TITLES, vendorsOf, type Adapters, type PlainSpecs } from './spec-summary.js';

/** The document `docs/capabilities.md`. */
export function renderCapabilityMatrix(adapters: Adapters, plain: PlainSpecs): string {
  const vendors = vendorsOf(adapters);
  return [
    '# What each vendor can ask for',
    'Made from the tables of the adapters; a test compares the two. After a change of an adapter:',
    '```sh\nUPDATE_DOCS=1 ./recgate test test/docs\n```',
    [
      '- **executed**: carried out as the vendor does it.',
      '- **converted**: carried out under another name, unit or value.',
      '- **emulated**: the gateway does it itself.',
      '- **not applicable**: nothing that a recording gateway could do; shown in the accounting. The note says why.',
    ].join('\n'),
    'Prompts and digits are heard in live calls; texts are spoken where there is a speech engine and take their time in silence where there is none.',
    '## By field of the canonical job',
    renderSpecSummary(adapters, plain),
    ...vendors.flatMap((vendor) => [
      `## ${TITLES[vendor]}`,
      countLine(adapters[vendor]),
      vendorTable(adapters[vendor]),
    ]),
  ]
    .join('\n\n')
    .concat('\n');
}

function vendorTable({ capabilities }: VendorAdapter): string {
  const rows = capabilities.map(({ field, to, support, default: fallback, note }) => [
    code(field),
    to === null ? '–' : code(to),
    support,
    fallback === null ? '–' : code(fallback),
    note ?? '',
  ]);
  return markdownTable(['Field', 'Becomes', 'Support', 'Default', 'Note'], rows);
}

function countLine({ capabilities }: VendorAdapter): string {
  const counts = new Map<FieldCapability['support'], number>();
  for (const { support } of capabilities) counts.set(support, (counts.get(support) ?? 0) + 1);
  const parts = [...counts].map(([support, count]) => `${count} ${support}`);
  return `${capabilities.length} fields: ${parts.join(', ')}.`;
}
