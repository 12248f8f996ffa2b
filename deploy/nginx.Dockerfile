# nginx with Lua as Debian ships it, in front of the gateway (docs/operators/gateway-export.md)
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends nginx-light libnginx-mod-http-lua lua-resty-core ca-certificates \
 && rm -rf /var/lib/apt/lists/*
CMD ["nginx", "-c", "/etc/mulian-nginx/nginx.conf", "-g", "daemon off;"]
