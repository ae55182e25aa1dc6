import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { RecgateError } from '#libs/recording-model';
import { startTestRedis, type TestRedis } from '#libs/testing';
import { createNodeCommander, serveNodeCommands, type NodeCommander } from './node-commands.js';
import { createRedisConnections, type RedisConnections } from './redis-connections.js';

let redis: TestRedis;
let connections: RedisConnections;
let commander: NodeCommander;
let node: { close(): Promise<void> };
/** Resolves the command that waits for it. */
let letGo: () => void = () => undefined;

beforeAll(async () => {
  redis = await startTestRedis();
  connections = createRedisConnections(redis.url);
  commander = createNodeCommander(connections, 'test', 1500);
  node = serveNodeCommands(connections, 'test', 'node-1', async (name, data) => {
    if (name === 'fails') throw new RecgateError('request.conflict', 'not now', { field: 'legs' });
    if (name === 'waits') await new Promise<void>((resolve) => (letGo = resolve));
    return { name, data };
  });
  await connections.ready(5000);
});

afterAll(async () => {
  process.kill(redis.pid, 'SIGCONT');
  letGo();
  await Promise.all([commander.close(), node.close()]);
  await connections.close();
  await redis.stop();
});

it('brings the answer of the node, or its error, to whoever asked', async () => {
  const asked = Array.from({ length: 20 }, (_, index) => commander.send('node-1', 'echo', { index }));
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, (_, index) => ({ name: 'echo', data: { index } })));
  await expect(commander.send('node-1', 'fails', {})).rejects.toMatchObject({ code: 'request.conflict', message: 'not now', field: 'legs' });
});

it('says that a node did not answer, and one that is not there', async () => {
  await expect(commander.send('node-1', 'waits', {})).rejects.toMatchObject({ code: 'gateway.unavailable' });
  letGo();
  await expect(commander.send('nobody', 'echo', {})).rejects.toMatchObject({ code: 'gateway.unavailable' });
});

it('survives a Redis that freezes while a command waits', async () => {
  const waiting = commander.send('node-1', 'waits', {});
  const outcome = expect(waiting).rejects.toMatchObject({ code: 'gateway.unavailable' });
  await delay(200);
  process.kill(redis.pid, 'SIGSTOP');
  await outcome;
  process.kill(redis.pid, 'SIGCONT');
  letGo();
  await delay(300);
  expect(await commander.send('node-1', 'echo', { again: true })).toEqual({ name: 'echo', data: { again: true } });
});

it('reaches a node although Redis froze when it was first asked', async () => {
  const other = serveNodeCommands(connections, 'test', 'node-2', (name) => Promise.resolve({ name }));
  await connections.ready(5000);
  process.kill(redis.pid, 'SIGSTOP');
  const early = expect(commander.send('node-2', 'echo', {})).rejects.toMatchObject({ code: 'gateway.unavailable' });
  await delay(2500);
  process.kill(redis.pid, 'SIGCONT');
  await early;
  expect(await commander.send('node-2', 'echo', {})).toEqual({ name: 'echo' });
  await other.close();
});
