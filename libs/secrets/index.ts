export * from './document-signer.js';
export * from './file-veils.js';
export * from './master-key-file.js';
export * from './secret-vault.js';
export * from './segment-cipher.js';
