/*! valetkey, MIT */
var S=`
:host([hidden]), [hidden] { display: none !important }
svg { width: 1.1em; flex: none; fill: currentColor; fill-rule: evenodd }
[role=status] { display: inline-flex; gap: .45em; margin: 0 }
a { color: inherit }
button { box-sizing: border-box; font: inherit; min-height: 44px; cursor: pointer; border: 1px solid;
  border-radius: 22px; padding: .4em 1.4em; color: inherit; background: none }
button:hover { opacity: .87 }
button[aria-busy=true] { cursor: progress; opacity: 1 }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
.error { color: #b3261e; color: light-dark(#b3261e, #ff9a90) }`,A="M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22zM11 6h2v8h-2zm0 10h2v2h-2z";function b(t,e,o){let n=t.shadowRoot??t.attachShadow({mode:"open",...o}),r=new CSSStyleSheet;return r.replaceSync(e+S),n.adoptedStyleSheets=[r],r}function g(t){let e=new WeakMap;return(o,n)=>{e.has(o)||e.set(o,t(o,n));let r=e.get(o);addEventListener("valetkey-texts",r),o.disconnect=()=>removeEventListener("valetkey-texts",r),r()}}function u(t,e,...o){let n=document.createElement(t);return e&&(n.part=e),n.append(...o),n}function T(t){let[e,o]=["svg","path"].map(n=>document.createElementNS("http://www.w3.org/2000/svg",n));return e.setAttribute("viewBox","0 0 24 24"),e.setAttribute("aria-hidden",!0),t&&e.setAttribute("part",t),e.append(o),e}function E(t,e){t.firstChild.setAttribute("d",e||""),t.toggleAttribute("hidden",!e)}function x(t="p"){let e=T(),o=u("span"),n=u(t,"status",e,o);return n.setAttribute("role","status"),[n,(l,i)=>{E(e,i&&A),o.textContent=l,n.className=i?"error":""}]}function y(t,e){t.textContent=e||"",t.hidden=!e}var L=5e3,v=t=>t.providers??=fetch(new URL("providers",t),{signal:AbortSignal.timeout(L)}).then(e=>e.json()).then(({providers:e,protocol:o})=>{let n=[...e];return n}).catch(()=>{t.providers=void 0});var k={retry:"Try again",notListed:"The ways to sign in could not be loaded.",noneListed:"There is no way to sign in."},R=`
:host { display: inline-grid; grid-template-columns: minmax(0, 20rem); gap: .75rem; vertical-align: middle;
  max-width: 100%; min-height: 44px; font: 1rem/1.4 system-ui, sans-serif }
sign-in-button::part(button) { width: 100% }
.empty { position: absolute }
button { justify-self: start }
`,P="button, mark, label, line, status, link, reopen, here, cancel",C=["next","return-to","width","height"],U=g((t,{texts:e,base:o})=>{b(t,R,{delegatesFocus:!0});let n=t.shadowRoot,[r,l]=x(),i=u("button","retry");n.append(r,i);let a=[],c;function h(){let s={...k,...e},p=c===!1&&!a.length;l(c?s.notListed:p?s.noneListed:"",c),r.classList.toggle("empty",!r.textContent),y(i,c&&s.retry);for(let m of a)for(let d of C)t.hasAttribute(d)?m.setAttribute(d,t.getAttribute(d)):m.removeAttribute(d)}async function f(){let s=await v(o());c=!s,s&&(a=s.map(({name:p})=>M(p)),r.before(...a),n.activeElement&&w(a[0])),h()}return i.onclick=f,f(),h});function w(t){t?.shadowRoot?t.focus():t?.isConnected&&requestAnimationFrame(()=>w(t))}function M(t){let e=document.createElement("sign-in-button");return e.setAttribute("provider",t),e.setAttribute("exportparts",P),e}export{U as render};
