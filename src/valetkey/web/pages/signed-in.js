/*! valetkey, MIT */
var N=`
:host([hidden]), [hidden] { display: none !important }
p { margin: 0 }
a { color: inherit }
button { box-sizing: border-box; font: inherit; min-height: 44px; cursor: pointer; border: 1px solid;
  border-radius: 22px; padding: .4em 1.4em; color: inherit; background: none }
button:not([aria-busy=true]):hover { opacity: .87 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
.error { color: #b3261e; color: light-dark(#b3261e, #ff9a90) }`;function E(t,e,n){let i=t.shadowRoot??t.attachShadow({mode:"open",...n}),r=new CSSStyleSheet;return r.replaceSync(e+N),i.adoptedStyleSheets=[r],r}function c(t,e,...n){let i=document.createElement(t);return e&&(i.part=e),i.append(...n),i}var _={signOut:"Sign out",signedIn:"Signed in"},T=`
.account { display: inline-flex; align-items: center; gap: .6em; min-height: 44px; max-width: 100%;
  vertical-align: top }
img { width: 2.25em; height: 2.25em; border-radius: 50%; object-fit: cover; flex: none }
bdi { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
button { flex: none; padding: .4em 1em }
[aria-busy=true] { cursor: progress }
`,k={handle:({handle:t})=>t,name:({name:t})=>t,picture:({picture:t})=>/^https?:/.test(t)?t:"",email:({identities:t})=>t.find(({email:e})=>e)?.email};function L(t,{signOut:e,goTo:n,texts:i}){let r=c("img","picture"),p=c("bdi","who"),l=c("button","sign-out"),g=c("span","account",r,p,l),h=c("span","status");g.className="account",p.tabIndex=-1,r.onerror=()=>r.hidden=!0,h.className="error",h.setAttribute("role","status"),t.shadowRoot.append(g,h);let u,f,b;function x(){let o={..._,...i},d=s=>u&&Object.hasOwn(k,s)&&k[s](u)||"",v=d("handle");g.hidden=!u||t.children.length>0||t.textContent.trim()!=="",p.textContent=u?v&&`@${v}`||d("name")||d("email")||o.signedIn:"",C(r,d("picture")),r.alt=v&&d("name"),l.textContent=o.signOut,l.setAttribute("aria-busy",!!b),h.textContent=(u&&f&&(o[f.code]??f.message))??"";for(let s of t.querySelectorAll("[data-account]")){let A=d(s.dataset.account);s.localName!=="img"?I(s,A):s.dataset.account==="picture"&&C(s,A)}}async function m(){if(!b){b=!0,f=void 0,x();try{await e();let o=t.getAttribute("next");o!==null&&n(o)}catch(o){f=o}b=!1,x()}}return l.onclick=m,t.addEventListener("click",o=>{o.target.closest("[data-sign-out]")&&(o.preventDefault(),m())}),new MutationObserver(x).observe(t,{childList:!0,subtree:!0,attributeFilter:["data-account"]}),{update(o){u=o,x()},focus:()=>p.focus()}}function I(t,e){t.textContent!==e&&(t.textContent=e)}function C(t,e){e?t.getAttribute("src")!==e&&(t.hidden=!1,t.referrerPolicy="no-referrer",t.hasAttribute("alt")||(t.alt=""),t.src=e):(t.hidden=!0,t.removeAttribute("src"))}var Y=1e3,P=3e4,B=`
:host { display: contents }
.unknown { visibility: hidden }
`,w=new Map,S=new WeakMap,a,O;function z(t,e){S.has(t)||S.set(t,D(t,e));let n=S.get(t);w.set(t,n),addEventListener("valetkey-texts",n.update),t.disconnect=()=>{w.delete(t),removeEventListener("valetkey-texts",n.update)},O||(O=!0,e.onSession(M),R(e.session)),n.update()}async function R(t,e=Y){try{let n=await t();a===void 0&&M(n)}catch{setTimeout(()=>a===void 0&&R(t,Math.min(2*e,P)),e)}}function M(t){let e=document.activeElement?.closest("signed-in, signed-out");a=t;for(let{update:n}of w.values())n();!e||y(e)||[...w].find(([n])=>y(n))?.[1].focus()}var y=({localName:t})=>a!==void 0&&t==="signed-in"==!!a;function D(t,e){E(t,B+T);let n=c("slot");t.shadowRoot.append(n);let i=t.localName==="signed-in"?L(t,e):void 0;return{update(){let r=a===void 0;n.hidden=!y(t)&&!(r&&!i),n.className=r?"unknown":"",i?.update(a?.account)},focus(){i?i.focus():t.querySelector("sign-in-button, sign-in-buttons")?.focus()}}}export{z as render};
