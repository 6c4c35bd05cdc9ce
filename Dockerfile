# `tools/ci/try-image` runs this file without an engine, and supports only these instructions.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY tools tools
# With the optional packages: Vite's compiler is one of them.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json schema.graphql LICENSE ./
COPY src src
# The image has the programs without the library, and no packages next to them.
RUN node tools/build/build-server.ts && node tools/build/build-page.ts
RUN cat dist/NOTICES.md dist/page/NOTICES.md dist/page/NOTICES-GRAPHIQL.md > NOTICES.md && cp node_modules/node-linux-*/LICENSE LICENSE.node
# The packages in the bundles, without those that only the build needs.
RUN node tools/build/sbom.ts > sbom.cdx.json && npm pkg delete workspaces dependencies devDependencies

# The same Debian, without npm and Node's headers.
FROM debian:bookworm-slim
WORKDIR /app
COPY --from=build /etc/passwd /etc/group /etc/
COPY --from=build /usr/local/bin/node /usr/local/bin/
# 127.0.0.1 is not reachable from outside the container.
ENV HOST=0.0.0.0
# A forgotten UPSTREAM_URL is an error, and not sample data.
ENV NODE_ENV=production
# `docker build --build-arg BUILD_REVISION=$(git rev-parse --short HEAD)`, for stepgate_build_info. An empty one counts as unset.
ARG BUILD_REVISION
ENV BUILD_REVISION=$BUILD_REVISION
COPY --from=build /app/package.json /app/schema.graphql /app/LICENSE /app/LICENSE.node /app/NOTICES.md /app/sbom.cdx.json ./
COPY --from=build /app/tools/build/healthcheck.mjs tools/build/
COPY --from=build /app/dist dist
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "tools/build/healthcheck.mjs"]
CMD ["node", "dist/main.js"]
