export { createSpool, type Spool, type SpoolBeginning, type SpoolOptions } from './spool/spool.js';
export type { SpoolHeader } from './spool/spool-header.js';
export type { SpoolDamage } from './spool/spool-source.js';
export { SpoolWriter, type SegmentContext, type SegmentTransform } from './spool/spool-writer.js';
