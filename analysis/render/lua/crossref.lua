-- What Quarto does to a document and plain Pandoc does not: conditional content, numbers of sections,
-- figures, tables and equations, and references to them, in Dutch.
--
-- The HTML and Typst structure is that of Quarto, so that one style sheet, one set of Typst partials and
-- the filters that run at the end serve both renderers. Whatever cannot be resolved is an error.

local html = FORMAT:match("^html") ~= nil
local typst = FORMAT:match("^typst") ~= nil
local nbsp = "\u{a0}"
local names = { fig = "Figuur", tbl = "Tabel", sec = "Paragraaf", eq = "Vergelijking" }

local entries = {} -- id -> { kind, number }
local counters = { fig = 0, tbl = 0, eq = 0 }
local sections = {}
local top = 1 -- level of the headings that count as chapters
local folder = ""
local numbered = true

local function kind_of(id)
  local kind = id:match("^(%a+)%-")
  return kind and names[kind] and kind or nil
end

local function enter(id, kind, number)
  if entries[id] then
    error("label " .. id .. " is used twice")
  end
  entries[id] = { kind = kind, number = number }
end

local function next_number(id, kind)
  counters[kind] = counters[kind] + 1
  enter(id, kind, tostring(counters[kind]))
  return tostring(counters[kind])
end

-- Conditional content ---------------------------------------------------------------------------------

local function shown(el)
  local formats = html and { html = true, html5 = true } or { typst = true }
  local visible = true
  for key, value in pairs(el.attributes) do
    if key == "when-format" then
      visible = visible and formats[value] == true
    elseif key == "unless-format" then
      visible = visible and not formats[value]
    else
      error("conditional content knows when-format and unless-format, not " .. key)
    end
  end
  if el.classes:includes("content-hidden") then
    return not visible
  end
  return visible
end

local function conditional(el)
  if el.classes:includes("content-visible") or el.classes:includes("content-hidden") then
    return shown(el) and el.content or {}
  end
end

-- Numbered things -------------------------------------------------------------------------------------

local function caption_html(id, kind, number, caption)
  local location = kind == "tbl" and "top" or "bottom"
  local inlines = pandoc.Inlines({ pandoc.Str(names[kind] .. nbsp .. number .. ":"), pandoc.Space() })
  inlines:extend(caption)
  local blocks = pandoc.Blocks({
    pandoc.RawBlock("html", '<figcaption id="' .. id .. '-bijschrift" class="quarto-float-caption-' .. location
      .. " quarto-float-caption quarto-float-" .. kind .. '">'),
    pandoc.Plain(inlines),
    pandoc.RawBlock("html", "</figcaption>"),
  })
  return blocks
end

local function float_html(id, kind, number, caption, content)
  local figure = pandoc.Blocks({ pandoc.RawBlock("html", '<figure class="quarto-float quarto-float-' .. kind .. '">') })
  local body = pandoc.Div(content, pandoc.Attr("", {}, { ["aria-describedby"] = id .. "-bijschrift" }))
  local label = caption_html(id, kind, number, caption)
  if kind == "tbl" then
    figure:extend(label)
    figure:insert(body)
  else
    figure:insert(body)
    figure:extend(label)
  end
  figure:insert(pandoc.RawBlock("html", "</figure>"))
  return pandoc.Div(figure, pandoc.Attr(id, { "quarto-float", "quarto-figure", "quarto-figure-center" }))
end

local function float_typst(id, kind, caption, content)
  local location = kind == "tbl" and "top" or "bottom"
  local result = pandoc.Blocks({ pandoc.RawBlock("typst", "#figure([") })
  result:extend(content)
  local tail = pandoc.Inlines({ pandoc.RawInline("typst", "], caption: figure.caption(position: " .. location .. ", [") })
  tail:extend(caption)
  tail:insert(pandoc.RawInline("typst", ']), kind: "quarto-float-' .. kind .. '", supplement: "' .. names[kind]
    .. '")<' .. id .. ">"))
  result:insert(pandoc.Plain(tail))
  return result
end

local function float(id, kind, caption, content)
  local number = next_number(id, kind)
  if #caption == 0 then
    error(id .. " has no caption")
  end
  if html then
    return float_html(id, kind, number, caption, content)
  end
  return float_typst(id, kind, caption, content)
end

-- A picture is a file of the project, by a path that stays within it. In the page it leaves a place that holds the
-- path, for analysis/render/inlined.py: so the text need not be made again for another picture.
local pictures = { svg = true, png = true, jpg = true, jpeg = true }

local function place_of(path)
  local depth = 0
  for part in path:gmatch("[^/]+") do
    depth = depth + (part == ".." and -1 or part == "." and 0 or 1)
  end
  if not pictures[path:match("%.(%w+)$") or ""] or path:match("^/") or path:match("^%a+:") or depth < 1 then
    error(path .. " is no picture of this project")
  end
  local handle = io.open(path, "rb")
  if not handle then
    error(path .. " does not exist")
  end
  handle:close()
  return "beeld:" .. path:gsub(".", function(sign)
    return string.format("%02x", sign:byte())
  end)
end

local function percent_decoded(path)
  return (path:gsub("%%(%x%x)", function(code)
    return string.char(tonumber(code, 16))
  end))
end

-- Lengths as Typst writes them. A number without a unit counts pixels, as in HTML; 96 pixels are an inch.
local function typst_length(size)
  local number, unit = size:match("^([%d.]+)(%a*%%?)$")
  if not number then
    error("an image has a size that is no length: " .. size)
  end
  if unit == "" or unit == "px" then
    return string.format("%gpt", tonumber(number) * 0.75)
  end
  return size
end

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local function image(img)
  local alt = img.attributes["fig-alt"] or img.attributes["alt"]
  if not alt or alt == "" then
    error("image " .. img.src .. " has no fig-alt")
  end
  img.attributes["fig-alt"] = nil
  img.attributes["fig-align"] = nil
  local path = percent_decoded(img.src)
  if html then
    img.src = place_of(path)
    if img.attributes.smal then -- its picture for a narrow screen, which a filter of the project puts beside it
      img.attributes.smal = place_of(img.attributes.smal)
    end
    img.caption = pandoc.Inlines({})
    img.attributes.alt = alt
    return img
  end
  local parts = { typst_string("/" .. folder .. path), "alt: " .. typst_string(alt) }
  for _, size in ipairs({ "height", "width" }) do
    if img.attributes[size] then
      table.insert(parts, size .. ": " .. typst_length(img.attributes[size]))
    end
  end
  return pandoc.RawInline("typst", "#box(image(" .. table.concat(parts, ", ") .. "))")
end

local function Figure(figure)
  local kind = kind_of(figure.identifier)
  if kind ~= "fig" then
    error("a figure has no label {#fig-…}: " .. pandoc.utils.stringify(figure.caption.long))
  end
  local content = figure.content:walk({ Image = image })
  return float(figure.identifier, "fig", pandoc.utils.blocks_to_inlines(figure.caption.long), content), false
end

local function Table(tbl)
  local id = tbl.identifier
  if kind_of(id) ~= "tbl" then
    error("a table has no label {#tbl-…}: " .. pandoc.utils.stringify(tbl.caption.long))
  end
  local caption = pandoc.utils.blocks_to_inlines(tbl.caption.long)
  tbl.caption = { long = {} }
  tbl.attr = pandoc.Attr()
  if typst then
    tbl.classes:insert("typst:no-figure")
  end
  return float(id, "tbl", caption, pandoc.Blocks({ tbl })), false
end

local function Header(header)
  if not numbered or header.classes:includes("unnumbered") then
    if kind_of(header.identifier) == "sec" then
      entries[header.identifier] = { kind = "sec" }
    end
    return nil
  end
  local level = header.level - top + 1
  while #sections > level do
    sections[#sections] = nil
  end
  for i = #sections + 1, level do
    sections[i] = 0
  end
  sections[level] = sections[level] + 1
  local number = table.concat(sections, ".")
  if kind_of(header.identifier) == "sec" then
    enter(header.identifier, "sec", number)
  end
  if html then
    header.attributes.number = number
    header.content:insert(1, pandoc.Space())
    header.content:insert(1, pandoc.Span(number, pandoc.Attr("", { "header-section-number" })))
  end
  return header
end

-- `$$ … $$ {#eq-x alt="…"}`: Pandoc reads the braces as text after the formula.
local function equation_label(inlines, start)
  local text = ""
  for i = start, #inlines do
    local el = inlines[i]
    if el.t == "Quoted" then
      text = text .. '"' .. pandoc.utils.stringify(el.content):gsub('"', "”") .. '"'
    else
      text = text .. pandoc.utils.stringify(el)
    end
    if text:match("}$") then
      local header = pandoc.read("# x " .. text, "markdown").blocks[1]
      return header.identifier, header.attributes.alt, i
    end
  end
end

local function equation(math, id, alt)
  local number = next_number(id, "eq")
  if not alt or alt == "" then
    error("equation " .. id .. ' has no alt: write $$ … $$ {#' .. id .. ' alt="…"}')
  end
  if html then
    math.text = math.text .. " \\qquad(" .. number .. ")"
    return { pandoc.Span(math, pandoc.Attr(id)) }
  end
  return {
    pandoc.RawInline("typst", "#math.equation(block: true, numbering: equation-numbering, alt: "
      .. typst_string(alt) .. ", [ "),
    math,
    pandoc.RawInline("typst", " ])<" .. id .. ">"),
  }
end

local displayed = false -- whether any formula stands on a line of its own: only then is every paragraph looked into

local function is_displayed(el)
  return el.t == "Math" and el.mathtype == "DisplayMath"
end

local function equations(block)
  if not displayed or not block.content:find_if(is_displayed) then
    return nil
  end
  local inlines, result, i = block.content, pandoc.Inlines({}), 1
  while i <= #inlines do
    local el = inlines[i]
    if is_displayed(el) then
      local start = i + 1
      while inlines[start] and (inlines[start].t == "Space" or inlines[start].t == "SoftBreak") do
        start = start + 1
      end
      local label = inlines[start]
      if not (label and label.t == "Str" and label.text:match("^{#eq%-")) then
        error('a displayed formula has no label and words: write $$ … $$ {#eq-… alt="…"} after ' .. el.text)
      end
      local id, alt, last = equation_label(inlines, start)
      result:extend(equation(el, id, alt))
      i = last
    else
      result:insert(el)
    end
    i = i + 1
  end
  block.content = result
  return block
end

-- References ------------------------------------------------------------------------------------------

local function reference(citation)
  local id = citation.id:sub(1, 1):lower() .. citation.id:sub(2)
  local entry = entries[id]
  if not entry then
    error("reference @" .. citation.id .. " leads nowhere")
  end
  if not entry.number then
    error("reference @" .. citation.id .. " leads to a section without a number")
  end
  local word = pandoc.Inlines({})
  if #citation.prefix > 0 then
    word:extend(citation.prefix)
  elseif citation.mode ~= "SuppressAuthor" then
    word:insert(pandoc.Str(names[entry.kind]))
  end
  if typst then
    local result = pandoc.Inlines({ pandoc.RawInline("typst", "#ref(<" .. id .. ">, supplement: [") })
    result:extend(word)
    result:insert(pandoc.RawInline("typst", "])"))
    return result
  end
  if #word > 0 then
    word:insert(pandoc.Str(nbsp))
  end
  word:insert(pandoc.Str(entry.number))
  return pandoc.Inlines({ pandoc.Link(word, "#" .. id, "", pandoc.Attr("", { "quarto-xref" })) })
end

local function Cite(cite)
  local result = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    if not kind_of(citation.id:sub(1, 1):lower() .. citation.id:sub(2)) then
      return nil
    end
    if i > 1 then
      result:extend({ pandoc.Str(","), pandoc.Space() })
    end
    result:extend(reference(citation))
  end
  return result
end

return {
  {
    Meta = function(meta)
      folder = pandoc.utils.stringify(meta["document-folder"] or "")
      numbered = meta["number-sections"] ~= false
    end,
  },
  {
    Div = conditional,
    Span = conditional,
    Math = function(math)
      displayed = displayed or is_displayed(math)
    end,
  },
  {
    Pandoc = function(doc)
      local levels = {}
      doc:walk({ Header = function(header) table.insert(levels, header.level) end })
      if #levels > 0 then
        top = math.min(table.unpack(levels))
      end
    end,
  },
  {
    traverse = "topdown",
    Header = Header,
    Figure = Figure,
    Table = Table,
    Para = equations,
    Plain = equations,
    Image = function(img)
      return image(img), false
    end,
  },
  { Cite = Cite },
}
