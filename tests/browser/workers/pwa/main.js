import { onSession } from "valetkey";

onSession((found) => {
  document.querySelector("#who").textContent = found ? found.account.name : "";
});
document.querySelector("#route").textContent = location.pathname;
