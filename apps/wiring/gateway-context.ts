import type { GatewayContext } from '../gateway/runtime-token.js';
import type { Runtime } from './runtime.js';
import { openRecordingAudio, saveUpload } from './stored-audio.js';

/** What the HTTP side is built on, bound to a process's runtime. */
export function createGatewayContext(runtime: Runtime, publicUrl: () => string): GatewayContext {
  const { config, ports, commander, apiKeys } = runtime;
  return {
    config,
    ports,
    commander,
    apiKeys,
    publicUrl,
    readiness: () => readinessFaults(runtime),
    openAudio: (recordingId) => openRecordingAudio(runtime, recordingId),
    saveUpload: (recordingId, body) => saveUpload(runtime, recordingId, body),
  };
}

/** A Redis that is away or may forget, and a gateway without media nodes, must get no work. */
async function readinessFaults(runtime: Runtime): Promise<readonly string[]> {
  const policy = await runtime.evictionPolicy().catch(() => null);
  if (policy === null) return ['Redis does not answer'];
  const faults: string[] = [];
  if (policy !== 'noeviction') faults.push(`Redis may evict keys (maxmemory-policy ${policy}); set it to noeviction`);
  const nodes = await runtime.ports.ledger.nodes.alive().catch(() => []);
  if (!nodes.some((node) => node.accepting)) faults.push('No media node takes calls');
  return faults;
}
