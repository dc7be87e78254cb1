-- Tables that do not fit. Runs on what is about to be written, in both renderers.
--
-- In the page, a table wider than the screen scrolls in its own frame, which the keyboard can reach and
-- which has a name: the caption ("Tabel 3: …") that stands in the <figcaption> beside it.
-- On paper, only long words are broken in the narrow columns of a table.

local LONG = 13 -- letters

local function framed(block, label)
  return pandoc.Div({ block }, pandoc.Attr("", { "tabelvenster" }, {
    { "role", "region" }, { "aria-labelledby", label }, { "tabindex", "0" },
  }))
end

local function frame_tables(div, label)
  return div:walk({
    traverse = "topdown",
    Div = function(inner)
      if inner.classes:includes("tabelvenster") then
        return inner, false
      end
    end,
    Table = function(tbl)
      return framed(tbl, label), false
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

local paper = {
  Table = function(tbl)
    return tbl:walk({ Str = breakable })
  end,
}

if FORMAT:match("^html") then
  return { page }
elseif FORMAT:match("^typst") then
  return { paper }
end
return {}
