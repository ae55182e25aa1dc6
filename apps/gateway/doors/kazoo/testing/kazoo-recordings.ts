import { KazooClient } from './kazoo-client.js';
import { toneWav } from '../../../testing/audio.js';
import { FileRecordings, first, UPLOAD } from '../../../testing/file-recordings.js';
import type { Body, GatewayUnderTest } from '../../../testing/gateway-under-test.js';

/** The identity of the contract's example call. */
export const KAZOO_CALL = {
  callId: '7f3a2c1e@192.0.2.10',
  from: '1001@acme.sip.example.com',
  to: '2000@acme.sip.example.com',
  direction: 'inbound',
  vendor: { caller_id_name: 'Jane Doe', owner_id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11' },
} as const;

/** Records files as a callflow's `record_call` asks for it; no real time passes. */
export class KazooFileRecordings {
  private readonly files: FileRecordings;

  constructor(
    private readonly gateway: GatewayUnderTest,
    private readonly applicationId: string,
  ) {
    this.files = new FileRecordings(gateway);
  }

  /** @returns the recording in the own API's words, in one of the states */
  async record(
    data: object,
    states: readonly string[] = ['available'],
    seconds = 1,
    vendor: object = {},
  ): Promise<Body> {
    return this.finish(await this.accept(data, vendor), states, seconds);
  }

  /** Asks for a recording whose audio has yet to come. @returns its own id */
  async accept(data: object, vendor: object = {}): Promise<string> {
    const document = JSON.stringify({ module: 'record_call', data: { action: 'start', ...data } });
    const call = { ...KAZOO_CALL, vendor: { ...KAZOO_CALL.vendor, ...vendor } };
    const started = await this.files.start({ applicationId: this.applicationId, source: UPLOAD, call, document });
    return String(first(started)['id']);
  }

  /** Brings the audio. */
  async finish(id: string, states: readonly string[] = ['available'], seconds = 1): Promise<Body> {
    await this.files.put(id, toneWav(seconds));
    return this.gateway.until(id, ...states);
  }
}

/** Id of a recording's metadata document. */
export function documentId(recording: Body): string {
  return String(recording['names']?.['recordingId']);
}

/** The documents of a listing. */
export async function listOf(client: KazooClient, path = '/recordings'): Promise<Body[]> {
  return (await client.ask('GET', path)).json()['data'] as unknown as Body[];
}
