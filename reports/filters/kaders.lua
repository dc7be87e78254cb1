-- Callouts, the same in both renderers: a tinted box with a title, without icons or script.
--
-- Runs on plain Pandoc, before Quarto makes its own callouts of these divs. A callout with the class
-- `synthetisch` also tells the templates that the report rests on synthetic data (metadata key
-- `synthetisch`): that puts the strip on the page and the mark on every sheet of paper.

local titles = {
  note = "Opmerking",
  tip = "Tip",
  important = "Belangrijk",
  warning = "Let op",
  caution = "Voorzichtig",
}

local count = 0
local synthetic = false

local function callout_kind(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind and titles[kind] then
      return kind
    end
  end
end

-- The title is the attribute `title`, else a heading the callout starts with, else that of its kind.
local function take_title(div, kind)
  local given = div.attributes.title
  if given then
    return pandoc.utils.blocks_to_inlines(pandoc.read(given, "markdown").blocks)
  end
  if #div.content > 0 and div.content[1].t == "Header" then
    return div.content:remove(1).content
  end
  return pandoc.Inlines(titles[kind])
end

local function html(div, kind, title)
  count = count + 1
  local id = div.identifier ~= "" and div.identifier or ("kader-" .. count)
  local class = "kader kader-" .. kind
  if div.classes:includes("synthetisch") then
    class = class .. " synthetisch"
  end
  local heading = pandoc.Plain({ pandoc.Strong(title) })
  local result = pandoc.Blocks({})
  local collapse = div.attributes.collapse
  if collapse then
    local open = collapse == "false" and " open" or ""
    result:insert(pandoc.RawBlock("html", '<details id="' .. id .. '" class="' .. class .. '"' .. open .. "><summary>"))
    result:insert(heading)
    result:insert(pandoc.RawBlock("html", '</summary><div class="kader-tekst">'))
    result:extend(div.content)
    result:insert(pandoc.RawBlock("html", "</div></details>"))
  else
    local label = id .. "-titel"
    result:insert(pandoc.RawBlock("html",
      '<div id="' .. id .. '" class="' .. class .. '" role="note" aria-labelledby="' .. label
      .. '"><p class="kader-titel" id="' .. label .. '">'))
    result:insert(heading)
    result:insert(pandoc.RawBlock("html", '</p><div class="kader-tekst">'))
    result:extend(div.content)
    result:insert(pandoc.RawBlock("html", "</div></div>"))
  end
  return result
end

local function typst(div, kind, title)
  local result = pandoc.Blocks({ pandoc.Plain({ pandoc.RawInline("typst", '#kader("' .. kind .. '")[') }) })
  result[1].content:extend(title)
  result[1].content:insert(pandoc.RawInline("typst", "]["))
  result:extend(div.content)
  result:insert(pandoc.RawBlock("typst", "]"))
  return result
end

function Div(div)
  local kind = callout_kind(div)
  if not kind then
    return nil
  end
  if div.classes:includes("synthetisch") then
    synthetic = true
  end
  local title = take_title(div, kind)
  if FORMAT:match("^html") then
    return html(div, kind, title)
  elseif FORMAT:match("^typst") then
    return typst(div, kind, title)
  end
end

function Pandoc(doc)
  if synthetic then
    doc.meta.synthetisch = true
  end
  return doc
end
