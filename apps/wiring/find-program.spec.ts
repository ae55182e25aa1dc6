import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.js';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'program-'));
  writeFileSync(join(directory, 'speaker'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(directory, 'text'), 'no program', { mode: 0o644 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('findProgram', () => {
  it('looks in the directories of the search path, and only there', () => {
    expect(findProgram('speaker', `/nowhere:${directory}:/usr/bin`)).toBe(join(directory, 'speaker'));
    expect(findProgram('speaker', '')).toBeNull();
    expect(findProgram('speaker', '.:relative')).toBeNull();
  });

  it('takes nothing that cannot be run', () => {
    expect(findProgram('text', directory)).toBeNull();
  });
});
