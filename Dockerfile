# `.ci/try-image` does without an engine what is written here, and knows these instructions alone.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts scripts
# With the optional packages, for Vite's compiler is one of them.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json schema.graphql ./
COPY src src
# The image has Node 24 itself, so the packages that bring it along are left out.
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-slim
WORKDIR /app
# Nobody outside the container would reach 127.0.0.1.
ENV HOST=0.0.0.0
# glibc then returns each large buffer that is freed. Its own threshold grows, and the memory stayed 50 MB above that.
ENV MALLOC_MMAP_THRESHOLD_=32768
# `docker build --build-arg BUILD_REVISION=$(git rev-parse --short HEAD)`, for stepgate_build_info. An empty one counts as unset.
ARG BUILD_REVISION
ENV BUILD_REVISION=$BUILD_REVISION
COPY --from=build /app/package.json /app/schema.graphql ./
COPY --from=build /app/scripts/healthcheck.mjs scripts/
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "scripts/healthcheck.mjs"]
# The young generation stays in the processor's cache: a tenth more answers a second, and 200 MB less.
CMD ["node", "--max-semi-space-size=8", "--no-allocation-site-pretenuring", "--heap-growing-percent=100", "--no-compilation-cache", "dist/main.js"]
