-- Every formula gets words: PDF/UA-1 refuses one without, and a screen reader needs them.
--
-- A formula in the text says its own source in words; `[$x$]{alt="…"}` says something better.
-- A displayed formula brings its own: `$$ … $$ {#eq-x alt="…"}`.

local words = {
  alpha = "alfa", beta = "bèta", gamma = "gamma", delta = "delta", Delta = "delta", epsilon = "epsilon",
  varepsilon = "epsilon", theta = "thèta", lambda = "lambda", mu = "mu", nu = "nu", pi = "pi", rho = "rho",
  sigma = "sigma", Sigma = "sigma", tau = "tau", phi = "phi", chi = "chi", psi = "psi", omega = "omega",
  times = "maal", cdot = "maal", pm = "plus of min", leq = "kleiner dan of gelijk aan",
  le = "kleiner dan of gelijk aan", geq = "groter dan of gelijk aan", ge = "groter dan of gelijk aan",
  neq = "ongelijk aan", approx = "ongeveer", sum = "som van", prod = "product van", infty = "oneindig",
  sqrt = "wortel van", frac = "breuk", ["in"] = "in", log = "logaritme van", ln = "natuurlijke logaritme van",
  mid = "gegeven", ldots = "enzovoort", dots = "enzovoort", to = "naar", hat = "geschatte", bar = "gemiddelde",
}
local signs = {
  ["+"] = " plus ", ["-"] = " min ", ["="] = " is ", ["<"] = " kleiner dan ", [">"] = " groter dan ",
  ["/"] = " gedeeld door ", ["*"] = " maal ", ["^"] = " tot de macht ", ["_"] = " met index ",
  ["{"] = " ", ["}"] = " ", ["&"] = " ", ["~"] = " ", ["|"] = " gegeven ",
}

local function spoken(tex)
  local text = tex:gsub("\\([%a]+)", function(name)
    return " " .. (words[name] or name) .. " "
  end)
  text = text:gsub("\\.", " "):gsub("[%+%-=<>/%*%^_{}&~|]", signs)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

local function equation(math, alt)
  local quoted = alt:gsub("\\", "\\\\"):gsub('"', '\\"')
  return {
    pandoc.RawInline("typst", '#math.equation(block: false, alt: "' .. quoted .. '", ['),
    math,
    pandoc.RawInline("typst", "])"),
  }
end

local function Span(span)
  local alt = span.attributes.alt
  local math = span.content[1]
  if not alt or #span.content ~= 1 or math.t ~= "Math" then
    return nil
  end
  if FORMAT:match("^typst") then
    return equation(math, alt), false
  end
  span.attributes.alt = nil
  return span, false
end

local function Math(math)
  if FORMAT:match("^typst") and math.mathtype == "InlineMath" then
    return equation(math, spoken(math.text)), false
  end
end

return { { traverse = "topdown", Span = Span, Math = Math } }
