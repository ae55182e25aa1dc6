import type { Container, Hold, Room } from './catalogue-documents.js';

/** Changes of the totals that are remembered; more than can be under way at once. */
const MOST_COUNTED = 256;

/**
 * Promises room to something under way; a promise under the same name is replaced. What has been counted already needs
 * none. Room that something gives back counts only when it has been counted.
 * @returns null when there is not enough room
 */
export function holdRoom(container: Container, name: string, room: Room, at: Date): Container | null {
  if (container.counted.includes(name)) return container;
  const others = withoutHold(container.holds, name);
  const { bytes, files } = usedRoom({ ...container, holds: others });
  const needsBytes = Math.max(0, room.bytes);
  const needsFiles = Math.max(0, room.files);
  if (needsBytes > 0 && bytes + needsBytes > container.quota.bytes) return null;
  if (needsFiles > 0 && files + needsFiles > container.quota.files) return null;
  return { ...container, holds: { ...others, [name]: { ...room, at: at.toISOString() } } };
}

/** Turns a promise into room that is taken; without a promise nothing changes. */
export function countHold(container: Container, name: string): Container {
  const hold = container.holds[name];
  if (hold === undefined) return container;
  return counted({ ...container, holds: withoutHold(container.holds, name) }, name, hold);
}

/** Takes a promise back. */
export function dropHold(container: Container, name: string): Container {
  return name in container.holds ? { ...container, holds: withoutHold(container.holds, name) } : container;
}

/** Gives back what a file took, once. */
export function freeRoom(container: Container, name: string, { bytes, files }: Room): Container {
  if (container.counted.includes(name)) return container;
  return counted(container, name, { bytes: -bytes, files: -files });
}

/** What is taken and what is promised. */
export function usedRoom({ total, holds }: Container): Room {
  let { bytes, files } = total;
  for (const hold of Object.values(holds)) {
    bytes += Math.max(0, hold.bytes);
    files += Math.max(0, hold.files);
  }
  return { bytes, files };
}

/** A new container with nothing in it. */
export function emptyContainer(quota: Room, fields: Container['fields']): Container {
  return { quota, total: { bytes: 0, files: 0 }, holds: {}, counted: [], fields };
}

function counted(container: Container, name: string, { bytes, files }: Room): Container {
  const { total } = container;
  return {
    ...container,
    total: { bytes: Math.max(0, total.bytes + bytes), files: Math.max(0, total.files + files) },
    counted: [...container.counted, name].slice(-MOST_COUNTED),
  };
}

function withoutHold(holds: Readonly<Record<string, Hold>>, name: string): Record<string, Hold> {
  return Object.fromEntries(Object.entries(holds).filter(([other]) => other !== name));
}
