import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingSpec, VendorName } from '#libs/recording-model';
import { readOptions } from '../../../apps/cli/simulate/simulate-options.js';
import { simulate } from '../../../apps/cli/simulate/simulate.js';
import { composeWav } from './compose-wav.js';
import { RATE } from './sounds.js';

export interface SimulationPlan {
  readonly vendor: VendorName;
  readonly document: string;
  readonly role: string;
  readonly documentUrl: string;
  /** What the application answers, by URL. */
  readonly answers: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly call: object;
  readonly caller: Int16Array;
  readonly callee: Int16Array;
  /** Like `--dtmf`. */
  readonly keys: string;
  readonly bridgeAtMs: number | null;
  readonly hangup: { readonly atMs: number; readonly by: string } | null;
}

/** A line of the output that tells of a request. */
export interface SimulatedRequest {
  readonly type: 'request';
  readonly purpose: string;
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
}

interface SimulatedSpec {
  readonly type: 'spec';
  readonly recording: number;
  readonly spec: RecordingSpec;
}

interface SimulatedEvent {
  readonly type: 'event';
  readonly recording: number;
  readonly event: string;
  readonly capture?: { readonly reason: string };
}

export type SimulatedLine =
  SimulatedRequest | SimulatedSpec | SimulatedEvent | { readonly type: 'accounting' | 'warning' | 'result' };

/** Runs a document through `recgate simulate`, as a person would, and reads its output. */
export async function runSimulation(plan: SimulationPlan): Promise<readonly SimulatedLine[]> {
  const directory = await mkdtemp(join(tmpdir(), 'recgate-simulated-'));
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };
  try {
    const answers = Object.entries(plan.answers).map(
      async ([url, text], index) => `${url}=${await file(`answer-${index}`, text)}`,
    );
    const { bridgeAtMs, hangup } = plan;
    const options = readOptions({
      vendor: plan.vendor,
      document: await file('document', plan.document),
      role: plan.role,
      documentUrl: plan.documentUrl,
      respond: await Promise.all(answers),
      set: Object.entries(plan.settings).map(([key, value]) => `${key}=${value}`),
      call: JSON.stringify(plan.call),
      audio: await file('caller.wav', composeWav([plan.caller], RATE)),
      callee: await file('callee.wav', composeWav([plan.callee], RATE)),
      dtmf: plan.keys,
      ...(bridgeAtMs === null ? {} : { bridgeAt: String(bridgeAtMs / 1000) }),
      ...(hangup === null ? {} : { hangupAt: String(hangup.atMs / 1000), hangupBy: hangup.by }),
      out: join(directory, 'out'),
    });
    const text = await simulate(options, { wayOut: null, progress: () => undefined });
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as SimulatedLine);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
