import { createPinia } from "pinia";
import { createApp } from "vue";
import { dialogProps } from "element-plus";
import "element-plus/es/components/message/style/css";
import "element-plus/es/components/message-box/style/css";
import "element-plus/es/components/notification/style/css";
import "./styles/theme.css";
import "./styles/base.css";
import App from "./App.vue";
import { installHooks } from "./api/client";
import { i18n, language } from "./i18n";
import { router } from "./router";
import { useSession } from "./stores/session";

// a click beside a dialog is a slip: what was typed stays. Drawers, which show, still close by it.
Object.assign(dialogProps, { closeOnClickModal: { ...dialogProps.closeOnClickModal, default: false } });
const app = createApp(App);
app.use(createPinia());
app.use(i18n);
const session = useSession();
installHooks({ language, expired: session.expired, refresh: session.refresh });
app.use(router);
document.documentElement.lang = language();
app.mount("#app");
