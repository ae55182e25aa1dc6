import { ACULAB_DOOR } from './aculab/aculab.door.js';
import { FLEXML_DOOR } from './flexml/flexml.door.js';
import { KAZOO_DOOR } from './kazoo/kazoo.door.js';
import type { Door } from './shared/door.js';
import { SINCH_DOOR } from './sinch/sinch.door.js';

/** Every vendor's door. */
export const DOORS: readonly Door[] = [FLEXML_DOOR, KAZOO_DOOR, ACULAB_DOOR, SINCH_DOOR];
