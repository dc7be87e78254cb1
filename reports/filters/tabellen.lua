-- Tables that read well where they stand. Runs on what is about to be written, in both renderers.
--
-- In the page the first cell of a row is its heading, and each cell knows the heading of its column: on a narrow
-- screen stijl.css makes a card of every row of a table that would not fit, so that no table scrolls sideways.
-- A table is named by its caption ("Tabel 3: …"), which stands in the <figcaption> beside it.
-- On paper, only long words are broken in the narrow columns of a table.

local LONG = 13 -- letters
local GRID = 9 -- letters in a cell of a grid
local SENTENCE = 45 -- letters: more than this stands under the heading of its column instead of beside it
-- Pixels, at the size of tables in stijl.css: a wide letter, and what is around a cell.
local LETTER, AROUND = 8.6, 18
-- Points, at the size of tables in typst-template.typ: the width of the text, what is around a cell, a letter.
local PAPER, INSET, LIGHT, BOLD = 442, 10, 4.4, 4.6
-- Where a table of some width is shown as a table: on a phone already, from 36rem, from 50rem, or nowhere.
local CLASSES = { { 320, "tabelvenster" }, { 610, "tabelvenster kaarten" }, { 850, "tabelvenster kaarten breed" } }
local NOWHERE = "tabelvenster kaarten breed altijd"

-- Where a long compound may be broken: not every browser knows how to hyphenate Dutch.
local SOFT = "\u{AD}"
local STEMS = {
  "verkiezing", "initiatie", "vereniging", "ambtenaren", "perspectief", "fonds", "kunde", "kennis", "teiten",
}

local function soft(word)
  if #word >= 12 and utf8.len(word) >= 12 then
    for _, stem in ipairs(STEMS) do
      local at = word:find(stem, 5, true)
      if at then
        return word:sub(1, at - 1) .. SOFT .. word:sub(at)
      end
    end
  end
  return word
end

-- What a cell says. Asking Pandoc is what takes the time in a long table: it is done once for each cell, and only
-- a cell that holds one of the stems is looked into.
local function said_softly(cell)
  local said = pandoc.utils.stringify(cell)
  for _, stem in ipairs(STEMS) do
    if said:find(stem, 5, true) then
      cell.contents = cell.contents:walk({
        Str = function(str)
          str.text = soft(str.text)
          return str
        end,
      })
      return pandoc.utils.stringify(cell)
    end
  end
  return said
end

-- The numbers under a figure come as HTML (analysis/release/twin.py): what stands between its tags.
local function softened_html(raw)
  if raw.format:match("^html") and raw.text:find('class="tabelvenster', 1, true) then
    raw.text = raw.text:gsub(">([^<>]+)<", function(said)
      return ">" .. said:gsub("%a+", soft) .. "<"
    end)
    return raw
  end
end

-- The width below which words would have to be broken, of columns of which the widest words are known.
local function least_width(widest)
  local total = 0
  for _, letters in pairs(widest) do
    total = total + letters * LETTER + AROUND
  end
  return total
end

local function widen(widest, column, said)
  local most = widest[column]
  for word in said:gsub(SOFT, "- "):gmatch("%S+") do
    if not most or #word > most then
      most = math.max(most or 0, utf8.len(word))
    end
  end
  widest[column] = most
end

local function rows_of(tbl)
  local rows = pandoc.List({})
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.body)
  end
  return rows
end

local function class_of(width)
  for _, class in ipairs(CLASSES) do
    if width <= class[1] then
      return class[2]
    end
  end
  return NOWHERE
end

local function readable(tbl, label)
  local names, widest = {}, {}
  -- A grid says one short word, and no number, in every cell.
  local grid = #tbl.colspecs >= 5
  for _, row in ipairs(tbl.head.rows) do
    for column, cell in ipairs(row.cells) do
      local said = said_softly(cell)
      cell.attributes.scope = "col"
      names[column] = said:gsub(SOFT, "")
      widen(widest, column, said)
    end
  end
  for _, body in ipairs(tbl.bodies) do
    body.row_head_columns = 1
    for _, row in ipairs(body.body) do
      for column, cell in ipairs(row.cells) do
        local said = said_softly(cell)
        widen(widest, column, said)
        if column == 1 then
          cell.attributes.scope = "row"
        else
          cell.attributes["data-label"] = names[column]
          if utf8.len(said) > SENTENCE then
            cell.classes:insert("zin")
          end
          grid = grid and said:match("^%a+$") ~= nil and #said <= GRID
        end
      end
    end
  end
  tbl.attributes["aria-labelledby"] = label
  return pandoc.Div({ tbl }, pandoc.Attr("", { grid and "tabelvenster rooster" or class_of(least_width(widest)) }))
end

-- On a phone a long table is folded: its caption and a line that opens it stay. Not the answers, and not the
-- appendix, of which every row is the end of a link.
local LONG_TABLE = 6 -- rows

local function folded(tbl, framed, label)
  local rows = 0
  for _, body in ipairs(tbl.bodies) do
    rows = rows + #body.body
  end
  if rows < LONG_TABLE or label:match("^tbl%-antwoord") or label:match("herkomst") then
    return framed
  end
  return pandoc.Blocks({
    pandoc.RawBlock("html", '<details class="vouw"><summary>Toon de tabel (' .. rows .. " rijen)</summary>"),
    framed,
    pandoc.RawBlock("html", "</details>"),
  })
end

local function frame_tables(div, label)
  return div:walk({
    traverse = "topdown",
    Table = function(tbl)
      return folded(tbl, readable(tbl, label), label), false
    end,
  })
end

local page = {
  RawBlock = softened_html,
  Div = function(div)
    local described = div.attributes["aria-describedby"]
    if described and described:match("^tbl%-") then
      div.attributes["aria-describedby"] = nil
      return frame_tables(div, described)
    end
  end,
}

-- On paper a word is broken that is wider than its column, which would lie over the next one; of a column without
-- a width of its own, a long word.
local function longer_than(longest, text)
  for part in text:gmatch("[^-%s]+") do -- at a hyphen a word breaks by itself
    if #part > longest and utf8.len(part) > longest then
      return true
    end
  end
  return false
end

-- Cells hold words, some of them in a link or in bold. They are gone through here: a walk of Pandoc takes three times
-- as long for so few.
local function broken(inlines, longest)
  local result = pandoc.Inlines({})
  for _, inline in ipairs(inlines) do
    if inline.t == "Str" and longer_than(longest, inline.text) then
      result:insert(pandoc.RawInline("typst", "#text(hyphenate: true)["))
      result:insert(inline)
      result:insert(pandoc.RawInline("typst", "]"))
    else
      if inline.t ~= "Note" and inline.content then
        inline.content = broken(inline.content, longest)
      end
      result:insert(inline)
    end
  end
  return result
end

local function breaking_in(cell, share, bold)
  local longest = LONG - 1
  if share and share > 0 then
    longest = math.min(longest, math.floor((share * PAPER - INSET) / (bold and BOLD or LIGHT)))
  end
  if not longer_than(longest, pandoc.utils.stringify(cell)) then
    return
  end
  cell.contents = cell.contents:map(function(block)
    block.content = broken(block.content, longest)
    return block
  end)
end

local function breakable(tbl)
  local crowded = #tbl.colspecs > 5 and 1 / #tbl.colspecs -- columns without widths share the paper
  for number, row in ipairs(rows_of(tbl)) do
    for column, cell in ipairs(row.cells) do
      breaking_in(cell, tbl.colspecs[column][2] or crowded, number <= #tbl.head.rows)
    end
  end
  return tbl
end

-- No page begins or ends with one row of a table: an empty column without width holds the first two rows together,
-- and the last two. Typst keeps rows on one page that a cell spans. analysis/render/rowheads.py takes the column out
-- of what a screen reader is told.
local function strip(rows)
  local cell = pandoc.Cell({}, "AlignDefault", rows, 1)
  cell.attributes["typst:inset"] = "0pt"
  return cell
end

local function held_together(tbl)
  local rows = pandoc.List({})
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.body)
  end
  if #rows < 2 then
    return tbl
  end
  local spans = #rows < 4 and { [1] = #rows } or { [1] = 2, [#rows - 1] = 2 }
  local covered = 0
  for number, row in ipairs(rows) do
    if number > covered then
      covered = number + (spans[number] or 1) - 1
      row.cells:insert(strip(spans[number] or 1))
    end
  end
  for _, row in ipairs(tbl.head.rows) do
    row.cells:insert(strip(1))
  end
  tbl.colspecs:insert({ "AlignDefault", nil })
  return tbl
end

local paper = {
  Table = function(tbl)
    return held_together(breakable(tbl))
  end,
}

if FORMAT:match("^html") then
  return { page }
elseif FORMAT:match("^typst") then
  return { paper }
end
return {}
