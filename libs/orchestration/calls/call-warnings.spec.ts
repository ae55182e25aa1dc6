import { describe, expect, it } from '@jest/globals';
import type { SourcePosition } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { CallWarnings } from './call-warnings.js';

describe('the warnings of a call', () => {
  it('say where in the document the cause stands, once', () => {
    const lines: unknown[] = [];
    const told: [string, SourcePosition | null][] = [];
    const none = (): void => undefined;
    const log: OrchestrationPorts['log'] = { info: none, error: none, warn: (_, fields) => void lines.push(fields) };
    const warnings = new CallWarnings(log, { callRef: 'call_1', onWarning: (message, position) => void told.push([message, position]) });
    const position = { path: '/Response/Record[1]/@maxLength', line: 3, column: 11 };
    warnings.add('Record@maxLength must be a whole number', position);
    warnings.add('Invalid JSON at line 1, column 13: the document ends too early', { path: '', line: 1, column: 13 });
    warnings.add('Nobody has answered');
    expect(warnings.all).toEqual([
      'Record@maxLength must be a whole number (line 3, column 11)',
      'Invalid JSON at line 1, column 13: the document ends too early',
      'Nobody has answered',
    ]);
    expect(lines).toEqual(warnings.all.map((message) => ({ callRef: 'call_1', message })));
    expect(told[0]).toEqual(['Record@maxLength must be a whole number', position]);
  });
});
