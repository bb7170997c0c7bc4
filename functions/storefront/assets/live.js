// Keeps one WebSocket open while somebody is logged in. A message becomes a toast and the event
// "shop:changed" on the body; parts of a page that may have changed refetch themselves on it
// (hx-trigger="shop:changed from:body"). So they do whenever the socket opens: what happened while it
// was closed is not missed. While somebody has a page open, the session is renewed before it ends.
(() => {
  "use strict";
  // The news of a payment may come before the order's own, which tells its number.
  const order = (p) => p.number ? `order ${p.number}` : "your order";
  const texts = {
    product_created: (p) => `New in the shop: ${p.title}`,
    order_confirmed: (p) => `Order ${p.number} is confirmed; it can be paid now`,
    order_cancelled: (p) => `Order ${p.number} was cancelled`,
    order_paid: (p) => `Order ${p.number} is paid. Thank you!`,
    order_shipped: (p) => `Order ${p.number} is on its way`,
    order_delivered: (p) => `Order ${p.number} was delivered`,
    payment_failed: (p) => `A payment for ${order(p)} failed`,
    payment_refunded: (p) => `A payment for ${order(p)} was refunded`,
  };
  const loggedIn = () => document.getElementById("shown-name") !== null;
  let socket = null;
  let waitMs = 500;
  const renewMs = 10 * 60 * 1000;
  // A cart is settled, or given back, at about the time that the order's own news arrives.
  const cartMs = 1500;
  const movesCart = new Set(["order_paid", "order_cancelled"]);

  const announceChange = () => htmx.trigger(document.body, "shop:changed");

  const showToast = (text) => {
    const toast = document.createElement("div");
    toast.className = "toast show";
    toast.setAttribute("role", "status");
    const body = document.createElement("div");
    body.className = "toast-body";
    body.textContent = text;
    toast.append(body);
    document.getElementById("live").append(toast);
    setTimeout(() => toast.remove(), 8000);
  };

  const countCart = async () => {
    const answer = await fetch("/api/cart");
    if (!answer.ok) return;
    const { lines } = await answer.json();
    const pieces = lines.reduce((sum, line) => sum + line.quantity, 0);
    const badge = document.getElementById("cart-count");
    if (badge) badge.textContent = pieces || "";
  };

  const connect = () => {
    if (socket !== null || !loggedIn()) return;
    socket = new WebSocket(`wss://${location.host}/ws/notifications`);
    socket.onopen = () => { waitMs = 500; announceChange(); };
    socket.onmessage = (message) => {
      const notification = JSON.parse(message.data);
      const text = texts[notification.type];
      if (text) showToast(text(notification.payload));
      announceChange();
      if (movesCart.has(notification.type)) setTimeout(countCart, cartMs);
    };
    socket.onclose = (close) => {
      socket = null;
      // 4401: the session has ended; a page load renews it or asks to log in.
      if (close.code === 4401) return;
      setTimeout(connect, waitMs + Math.random() * waitMs);
      waitMs = Math.min(waitMs * 2, 30000);
    };
  };

  document.addEventListener("DOMContentLoaded", connect);
  // Boosted navigation replaces the body: the link of a logged-in person may have come or gone.
  document.addEventListener("htmx:afterSettle", () => {
    if (!loggedIn() && socket !== null) socket.close();
    connect();
  });

  setInterval(() => {
    if (loggedIn() && !document.hidden) fetch("/api/auth/refresh", { method: "POST" });
  }, renewMs);

  // An alert belongs to what was tried last; a refetch that nobody asked for leaves it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const cause = event.detail.requestConfig.triggeringEvent?.type;
    if (cause === "submit" || cause === "click") document.getElementById("problem")?.replaceChildren();
  });
  // What the gateway answers itself is no page.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (!xhr.getResponseHeader("Content-Type")?.startsWith("application/problem+json")) return;
    event.detail.shouldSwap = false;
    const alert = document.createElement("div");
    alert.className = "alert alert-danger";
    alert.textContent = JSON.parse(xhr.responseText).detail;
    document.getElementById("problem").replaceChildren(alert);
    scrollTo(0, 0);
  });
})();
