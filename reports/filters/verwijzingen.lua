-- Where links lead, and what they are called. Runs on what is about to be written, in both renderers.
--
-- A number, figure or table leads to its row in the appendix of origins (`#herkomst-…`). The appendix stands in
-- one document; from the others the link leads to that page (`herkomst` in _quarto.yml: page and section). A
-- link from one document to another names the page; on paper it leads to the PDF of the same name. Only sections
-- can be found there from outside: a row, figure or table is looked up in its section. And under every figure
-- and table the word "Herkomst" says of what, so that no two links of one name lead to different places.

local html = FORMAT:match("^html") ~= nil
local typst = FORMAT:match("^typst") ~= nil
local appendix = ""
local here = {}

local function collect(el)
  if el.identifier:match("^herkomst%-") then
    here[el.identifier] = true
  end
end

local function led(link)
  local origin = link.target:match("^#(herkomst%-.+)$")
  if origin and not here[origin] then
    if appendix == "" then
      error("link to #" .. origin .. ": the appendix is not in this document; name its page in _quarto.yml, herkomst")
    end
    link.target = typst and appendix or appendix:gsub("#.*", "") .. link.target
  end
  local page, label = link.target:match("^([%w_-]+)%.html#?(.*)$")
  if typst and page then
    link.target = page .. ".pdf" .. (label:match("^sec%-") and "#" .. label or "")
  end
  return link
end

-- "Figuur 5:" at the start of the caption, of which the number is known in the page; on paper Typst counts.
local function named(inlines)
  local number
  for i, el in ipairs(inlines) do
    local of = el.t == "Link" and el.target:match("#herkomst%-(%a+%-.+)$")
    if of and pandoc.utils.stringify(el) == "Herkomst" then
      if typst then
        el.content = { pandoc.Str("Herkomst van "), pandoc.RawInline("typst", "#naam-van(<" .. of .. ">)") }
      elseif number then
        el.content = { pandoc.Str("Herkomst van " .. number) }
      end
    elseif not number and html then
      local before = pandoc.utils.stringify(pandoc.Inlines({ table.unpack(inlines, 1, i) })):gsub("\u{a0}", " ")
      local kind, count = before:match("^(%a+) (%d+):")
      number = kind and (kind:lower() .. " " .. count)
    end
  end
  return inlines
end

-- A note in a heading, which on paper must not come back in the contents and the bookmarks.
local function heading(header)
  return header:walk({
    Note = function(note)
      local inlines = pandoc.Inlines({ pandoc.RawInline("typst", "#noot-bij-kop[") })
      inlines:extend(pandoc.utils.blocks_to_inlines(note.content))
      inlines:insert(pandoc.RawInline("typst", "]"))
      return inlines
    end,
  })
end

return {
  {
    Meta = function(meta)
      appendix = meta.herkomst and pandoc.utils.stringify(meta.herkomst) or ""
    end,
    Span = collect,
    Div = collect,
  },
  { Inlines = named },
  { Link = led, Header = typst and heading or nil },
}
