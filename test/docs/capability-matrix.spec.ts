import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { VENDOR_NAMES, type RecordingSpec, type VendorName } from '#libs/recording-model';
import { parseDocument, recordActions } from '#libs/testing';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { renderCapabilityMatrix } from './capability-matrix.js';
import { markedPart, PROJECT_ROOT, readProjectFile, withMarkedPart } from './markdown.js';
import { renderSpecSummary, unknownTargets, type PlainSpecs } from './spec-summary.js';

const MATRIX = 'docs/capabilities.md';
const README = 'README.md';
const README_PART = 'capabilities';
const ADVICE = 'to write them anew: UPDATE_DOCS=1 ./recgate test test/docs';

/** Every instruction that records, asking for nothing but a recording. */
const PLAIN_DOCUMENTS: Readonly<Record<VendorName, readonly string[]>> = {
  flexml: ['<Response><Record/></Response>'],
  kazoo: [
    '{"module":"record_call","data":{"action":"start","url":"https://rec.example.com/kzr"},"children":{}}',
    '{"module":"record_caller","data":{"url":"https://rec.example.com/kzr"},"children":{}}',
  ],
  aculab: ['{"actions":[{"record":{"next_page":{"url":"next"}}}]}'],
  sinch: [
    '{"instructions":[{"name":"startRecording","options":{"destinationUrl":"s3://calls","credentials":"key:secret:eu-west-1"}}],"action":{"name":"hangup"}}',
    '{"action":{"name":"connectConf","conferenceId":"room","record":true,"recordingOptions":{"destinationUrl":"s3://calls","credentials":"key:secret:eu-west-1"}}}',
  ],
};

const plain: PlainSpecs = {
  flexml: PLAIN_DOCUMENTS.flexml.map((body) => plainSpec('flexml', body)),
  kazoo: PLAIN_DOCUMENTS.kazoo.map((body) => plainSpec('kazoo', body)),
  aculab: PLAIN_DOCUMENTS.aculab.map((body) => plainSpec('aculab', body)),
  sinch: PLAIN_DOCUMENTS.sinch.map((body) => plainSpec('sinch', body)),
};
const matrix = renderCapabilityMatrix(VENDOR_ADAPTERS, plain);
const summary = renderSpecSummary(VENDOR_ADAPTERS, plain);

if (process.env['UPDATE_DOCS'] === '1') {
  writeFileSync(join(PROJECT_ROOT, MATRIX), matrix);
  writeFileSync(join(PROJECT_ROOT, README), withMarkedPart(readProjectFile(README), README_PART, summary));
}

describe(`the documents say what the adapters say (${ADVICE})`, () => {
  it(`${MATRIX} lists every field of every vendor`, () => {
    expect(readProjectFile(MATRIX)).toBe(matrix);
  });

  it(`${README} shows the table by field of the job`, () => {
    expect(markedPart(readProjectFile(README), README_PART)).toBe(summary);
  });

  it('every target of a capability table is a field of the canonical job', () => {
    expect(unknownTargets(VENDOR_ADAPTERS)).toEqual([]);
  });

  it.each(VENDOR_NAMES)('%s: no field stands in the table twice', (vendor) => {
    const fields = VENDOR_ADAPTERS[vendor].capabilities.map(({ field }) => field);
    expect(fields.filter((field, index) => fields.indexOf(field) !== index)).toEqual([]);
  });

  it.each(VENDOR_NAMES)('docs/%s.md names every setting of an application', (vendor) => {
    const guide = readProjectFile(`docs/${vendor}.md`);
    const settings = VENDOR_ADAPTERS[vendor].settings.map(({ key }) => key);
    expect(settings.filter((key) => !guide.includes(`\`${key}\``))).toEqual([]);
  });

  it.each(VENDOR_NAMES)('%s: whatever is not applicable says why', (vendor) => {
    const silent = VENDOR_ADAPTERS[vendor].capabilities.filter(({ note = '' }) => note.length < 'fax, no audio'.length);
    expect(silent.filter(({ support }) => support === 'not applicable').map(({ field }) => field)).toEqual([]);
  });
});

function plainSpec(vendor: VendorName, body: string): RecordingSpec {
  const { steps } = parseDocument(VENDOR_ADAPTERS[vendor], body, { role: vendor === 'sinch' ? 'ice' : 'flow' });
  const [record] = recordActions(steps);
  if (record === undefined) throw new Error(`This ${vendor} document records nothing: ${body}`);
  return record.spec;
}
