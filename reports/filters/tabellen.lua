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
-- Where a table of some width is shown as a table: on a phone already, from 36rem, from 50rem, or nowhere.
local CLASSES = { { 320, "tabelvenster" }, { 610, "tabelvenster kaarten" }, { 850, "tabelvenster kaarten breed" } }
local NOWHERE = "tabelvenster kaarten breed altijd"

-- Where a long compound may be broken: not every browser knows how to hyphenate Dutch.
local SOFT = "\u{AD}"
local STEMS = {
  "verkiezing", "initiatie", "vereniging", "ambtenaren", "perspectief", "fonds", "kunde", "kennis", "teiten",
}

local function softened(str)
  if pandoc.text.len(str.text) < 12 then
    return nil
  end
  for _, stem in ipairs(STEMS) do
    local at = str.text:find(stem, 5, true)
    if at then
      str.text = str.text:sub(1, at - 1) .. SOFT .. str.text:sub(at)
      return str
    end
  end
end

-- The width below which words would have to be broken.
local function least_width(rows)
  local widest = {}
  for _, row in ipairs(rows) do
    for column, cell in ipairs(row.cells) do
      local said = pandoc.utils.stringify(cell.contents):gsub(SOFT, "- ")
      for word in said:gmatch("%S+") do
        widest[column] = math.max(widest[column] or 0, pandoc.text.len(word))
      end
    end
  end
  local total = 0
  for _, letters in pairs(widest) do
    total = total + letters * LETTER + AROUND
  end
  return total
end

local function rows_of(tbl)
  local rows = pandoc.List({})
  rows:extend(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.body)
  end
  return rows
end

-- A grid says one short word, and no number, in every cell.
local function is_grid(tbl)
  local grid = #tbl.colspecs >= 5
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      for column = 2, #row.cells do
        local said = pandoc.utils.stringify(row.cells[column].contents)
        grid = grid and said:match("^%a+$") ~= nil and #said <= GRID
      end
    end
  end
  return grid
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
  tbl = tbl:walk({ Str = softened })
  local names = {}
  for _, row in ipairs(tbl.head.rows) do
    for column, cell in ipairs(row.cells) do
      cell.attributes.scope = "col"
      names[column] = pandoc.utils.stringify(cell.contents):gsub(SOFT, "")
    end
  end
  for _, body in ipairs(tbl.bodies) do
    body.row_head_columns = 1
    for _, row in ipairs(body.body) do
      row.cells[1].attributes.scope = "row"
      for column = 2, #row.cells do
        local cell = row.cells[column]
        cell.attributes["data-label"] = names[column]
        if pandoc.text.len(pandoc.utils.stringify(cell.contents)) > SENTENCE then
          cell.classes:insert("zin")
        end
      end
    end
  end
  tbl.attributes["aria-labelledby"] = label
  return pandoc.Div({ tbl }, pandoc.Attr("", { is_grid(tbl) and "tabelvenster rooster" or class_of(least_width(rows_of(tbl))) }))
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
  Div = function(div)
    local described = div.attributes["aria-describedby"]
    if described and described:match("^tbl%-") then
      div.attributes["aria-describedby"] = nil
      return frame_tables(div, described)
    end
  end,
}

local function breakable(str)
  if pandoc.text.len(str.text) >= LONG then
    return { pandoc.RawInline("typst", "#text(hyphenate: true)["), str, pandoc.RawInline("typst", "]") }
  end
end

-- On paper a long name in code goes on in the next line of its cell, after a point, dash or underscore.
local function parted(name)
  name.text = name.text:gsub("[._%-]", "%0\u{200B}")
  return name
end

local paper = {
  Table = function(tbl)
    return tbl:walk({ Str = breakable, Code = parted })
  end,
}

if FORMAT:match("^html") then
  return { page }
elseif FORMAT:match("^typst") then
  return { paper }
end
return {}
