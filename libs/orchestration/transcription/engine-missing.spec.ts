import { describe, expect, it } from '@jest/globals';
import type { RecordAction } from '#libs/recording-model';
import { SAMPLE_SPEC } from '#libs/testing';
import type { OrchestrationPorts } from '../ports.js';
import { isEngineMissing } from './engine-missing.js';

const application = { applicationId: 'app', tenantId: 'tenant', settings: {}, secrets: {} };
const asks = (wanted: boolean) => {
  const transcription = wanted ? ({ locale: 'en-US' } as RecordAction['spec']['transcription']) : null;
  return { application, action: { kind: 'record', spec: { ...SAMPLE_SPEC, transcription }, secrets: {} } as RecordAction };
};
const engine = (name: string | null) =>
  ({ transcription: { engineFor: () => (name === null ? null : { name }) } }) as unknown as Pick<OrchestrationPorts, 'transcription'>;

describe('a recording that is to be written down', () => {
  it('lacks an engine where none is configured for its application', () => {
    expect([isEngineMissing(engine(null), asks(true)), isEngineMissing(engine('vosk'), asks(true))]).toEqual([true, false]);
  });

  it('lacks none where it does not ask, or where nothing is written down at all', () => {
    expect([isEngineMissing(engine(null), asks(false)), isEngineMissing({}, asks(true))]).toEqual([false, false]);
  });
});
