module.exports = globalThis.nativeModules.fastify;
