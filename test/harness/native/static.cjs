module.exports = globalThis.nativeModules.fastifyStatic;
