import { randomInt } from 'node:crypto';
import { MediaNode, type MediaNodeOptions } from '../live/media-node.js';
import { createSpool, type Spool } from '../spool/spool.js';
import { inTemporaryDirectory } from './temporary-directory.js';

/** Runs `work` with a media node on loopback, and closes it. */
export function withNode(work: (node: MediaNode, spool: Spool) => Promise<void>, options: Partial<MediaNodeOptions> = {}): Promise<void> {
  return inTemporaryDirectory(async (directory) => {
    const spool = createSpool({ directory });
    const from = randomInt(10_000, 60_000);
    const node = new MediaNode({ spool, rtp: { address: '127.0.0.1', from, to: from + 4_000 }, maxCalls: 100, maxLagMs: 60_000, ...options });
    try {
      await work(node, spool);
    } finally {
      await node.close();
    }
  });
}
