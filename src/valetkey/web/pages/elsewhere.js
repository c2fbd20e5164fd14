/*! valetkey, MIT: built from client/src */
function r(i,n){addEventListener("message",e=>e.origin===n&&i(e))}export{r as hear};
