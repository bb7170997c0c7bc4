// Pays on /payments/{order_id}: the card goes from the browser straight to Stripe.
// With an address of a stand-in the form's own fields are posted to it; otherwise Stripe's
// script shows its fields (https://docs.stripe.com/payments/accept-a-payment).
(() => {
  "use strict";
  const form = document.getElementById("payment-form");
  if (!form) return;
  const { clientSecret, publishableKey, stripeUrl, done } = form.dataset;
  const returnUrl = new URL(done, location.href).href;
  const problem = document.getElementById("payment-problem");
  const button = document.getElementById("pay-button");

  const show = (message) => {
    problem.textContent = message;
    problem.classList.toggle("d-none", !message);
  };
  const digits = (id) => document.getElementById(id).value.replace(/\D/g, "");

  const stripe = stripeUrl ? null : window.Stripe(publishableKey);
  // Settles with undefined, or with a sentence for the shopper; may leave for a bank's page.
  const confirm = stripeUrl ? confirmAtStandIn : mountStripe();

  const attempt = async (pressed, act) => {
    pressed.disabled = true;
    show("");
    let message;
    try {
      message = await act();
    } catch {
      message = "Stripe cannot be reached. Nothing was charged; try again.";
    }
    if (message === undefined) return;
    show(message);
    pressed.disabled = false;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(button, confirm);
  });
  // Shown while the bank still waits for its card holder.
  const challenge = document.getElementById("challenge-button");
  challenge?.addEventListener("click", () => attempt(challenge, goToBank));

  async function confirmAtStandIn() {
    const expiry = digits("card-expiry");
    if (expiry.length !== 4 && expiry.length !== 6) return "Give the expiry as MM / YY.";
    const year = expiry.length === 4 ? "20" + expiry.slice(2) : expiry.slice(2);
    const body = new URLSearchParams({
      key: publishableKey,
      client_secret: clientSecret,
      return_url: returnUrl,
      "payment_method_data[type]": "card",
      "payment_method_data[card][number]": digits("card-number"),
      "payment_method_data[card][exp_month]": expiry.slice(0, 2),
      "payment_method_data[card][exp_year]": year,
      "payment_method_data[card][cvc]": digits("card-cvc"),
    });
    // No header of our own: a plain form post needs no preflight.
    return follow(await fetch(`${intentUrl()}/confirm`, {
      method: "POST",
      body,
      referrerPolicy: "no-referrer",
    }));
  }

  function intentUrl() {
    return `${stripeUrl}/v1/payment_intents/${clientSecret.split("_secret")[0]}`;
  }

  // Goes where the state of the intent leads; a sentence where it leads nowhere.
  async function follow(response) {
    const answer = await response.json();
    if (answer.error) return answer.error.message || "The card was declined.";
    if (answer.status === "requires_action") {
      location.assign(answer.next_action.redirect_to_url.url);
    } else if (answer.status === "succeeded" || answer.status === "processing") {
      location.assign(done);
    } else {
      return "The card was declined. Nothing was charged; try another one.";
    }
    return undefined;
  }

  async function goToBank() {
    if (stripeUrl) {
      const secrets = new URLSearchParams({ key: publishableKey, client_secret: clientSecret });
      return follow(await fetch(`${intentUrl()}?${secrets}`, { referrerPolicy: "no-referrer" }));
    }
    const { error } = await stripe.handleNextAction({ clientSecret });
    if (error) return error.message;
    location.assign(done);
    return undefined;
  }

  function mountStripe() {
    const elements = stripe.elements({ clientSecret });
    elements.create("payment").mount("#payment-element");
    return async () => {
      const { error } = await stripe.confirmPayment({
        elements,
        confirmParams: { return_url: returnUrl },
      });
      return error ? error.message : undefined;
    };
  }
})();
