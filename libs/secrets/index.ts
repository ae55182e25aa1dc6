export * from './master-key-file.js';
export * from './secret-vault.js';
