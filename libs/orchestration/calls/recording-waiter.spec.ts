import { describe, expect, it } from '@jest/globals';
import { createMemoryLedger } from '#libs/ledger';
import type { Ledger } from '#libs/recording-model';
import { sampleRecordingRecord } from '#libs/testing';
import { RecordingWaiter } from './recording-waiter.js';

const STORING = sampleRecordingRecord({ state: 'storing' });

async function beginStoring(ledger: Ledger, times: number): Promise<void> {
  for (let each = 0; each < times; each += 1) {
    await ledger.recordings.transition(STORING.id, () => ({ to: 'storing', at: new Date(), beginsStage: true }));
  }
}

describe('a call that waits for its recording', () => {
  it('waits while the store takes its time, and no longer when it has refused the recording again and again', async () => {
    const ledger = createMemoryLedger();
    await ledger.recordings.accept(STORING);
    const waiter = new RecordingWaiter(ledger);
    const patient = waiter.untilTerminal(STORING.tenantId, STORING.id);
    const stuck = waiter.untilTerminalOrStuck(STORING.tenantId, STORING.id);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await beginStoring(ledger, 3);
    await expect(Promise.race([stuck, new Promise((resolve) => setTimeout(resolve, 1100, 'waits'))])).resolves.toBe('waits');
    await beginStoring(ledger, 1);
    expect((await stuck).state).toBe('storing');
    await ledger.recordings.transition(STORING.id, () => ({ to: 'failed', at: new Date() }));
    expect((await patient).state).toBe('failed');
    await waiter.close();
  });
});
