/// <reference types="vitest/config" />
import { fileURLToPath, URL } from "node:url";
import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import Components from "unplugin-vue-components/vite";
import { defineConfig } from "vite";

// The bundle is served by the application under /console/ from the Python package folder,
// so that one wheel carries both. The folder is built, never committed.
export default defineConfig({
  base: "/console/",
  plugins: [
    vue(),
    Components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: "css" })] }),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: "true",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    outDir: "../mulian/console",
    emptyOutDir: true,
    // 统信/麒麟 desktops ship browsers of the Chrome 87 generation.
    target: ["es2020", "chrome87"],
    cssTarget: "chrome87",
    manifest: "manifest.json",
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": "http://127.0.0.1:18000" } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
