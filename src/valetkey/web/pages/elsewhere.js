/*! valetkey, MIT */
function r(i,n){addEventListener("message",e=>e.origin===n&&i(e))}export{r as hear};
