-- Where links lead, and what they are called. Runs on what is about to be written, in both renderers.
--
-- A number, figure or table leads to its row in the appendix of origins (`#herkomst-…`). The appendix stands in
-- one document; from the others the link leads to that page (`herkomst` in _quarto.yml: page and section). A
-- link from one document to another names the page; on paper it leads to the PDF of the same name. Only sections
-- can be found there from outside: a row, figure or table is looked up in its section. And under every figure
-- and table the word "Herkomst" says of what, so that no two links of one name lead to different places.

local html = FORMAT:match("^html") ~= nil
local typst = FORMAT:match("^typst") ~= nil
local appendix = "" -- page and section
local here = false -- whether that section is in this document

local function look_for_appendix(header)
  here = here or header.identifier == appendix:match("#(.+)$")
end

local function led(link)
  local target = link.target
  local origin = target:match("^#(herkomst%-.+)$")
  if origin and not here and appendix ~= "" then
    target = typst and appendix or appendix:gsub("#.*", "") .. target
  end
  local page, label = target:match("^([%w_/-]+)%.html#?(.*)$")
  if typst and page and page ~= "index" then
    target = page .. ".pdf" .. (label:match("^sec%-") and "#" .. label or "")
  end
  if target ~= link.target then
    link.target = target
    return link
  end
end

-- The figure or table of which this link in its caption says where it comes from.
local function caption_of(link)
  local of = link.target:match("#herkomst%-(%a+%-.+)$")
  return of and pandoc.utils.stringify(link) == "Herkomst" and of
end

-- In the page "Figuur 5:" stands at the start of the caption, which is in the division of its figure. The cells of a
-- table hold no caption, and are many.
local function caption(block)
  local number
  return block:walk({
    Link = function(link)
      if caption_of(link) then
        number = number or pandoc.utils.stringify(block):gsub("\u{a0}", " "):match("^%a+ %d+")
        link.content = { pandoc.Str("Herkomst van " .. (number and pandoc.text.lower(number) or caption_of(link))) }
        return link
      end
    end,
  })
end

local function caption_in(div)
  if div.identifier:match("^fig%-") or div.identifier:match("^tbl%-") then
    return div:walk({
      traverse = "topdown",
      Plain = caption,
      Para = caption,
      Table = function()
        return nil, false
      end,
    })
  end
end

-- On paper Typst counts.
local function link_on_paper(link)
  local of = caption_of(link)
  local other = led(link)
  if of then
    local inside = link.target:match("^#(.+)$")
    local target = inside and "<" .. inside .. ">" or '"' .. link.target .. '"'
    return pandoc.RawInline("typst", "#herkomst-van(<" .. of .. ">, " .. target .. ")")
  end
  return other
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
  },
  { Header = look_for_appendix },
  html and { Div = caption_in } or {},
  { Link = typst and link_on_paper or led, Header = typst and heading or nil },
}
