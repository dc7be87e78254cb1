-- Terms and what they mean: a list in `::: {.begrippen}`, of which every item is written `**term**: meaning`.
--
-- Pandoc has definition lists of its own, and looks for one at every line: a fifth of the time it takes to read.
-- `from` in _quarto.yml leaves them out, in both renderers.

local function entry(blocks)
  local inlines = blocks[1] and blocks[1].content
  local term, colon = inlines and inlines[1], inlines and inlines[2]
  if not (term and term.t == "Strong" and colon and colon.text == ":") then
    error("begrippen: write **term**: meaning, not " .. pandoc.utils.stringify(blocks))
  end
  inlines:remove(1)
  inlines:remove(1)
  if inlines[1] and (inlines[1].t == "Space" or inlines[1].t == "SoftBreak") then
    inlines:remove(1)
  end
  return { term.content, { blocks } }
end

return {
  {
    Div = function(div)
      if not div.classes:includes("begrippen") then
        return nil
      end
      local list = div.content[1]
      if #div.content ~= 1 or list.t ~= "BulletList" then
        error("begrippen: expected one list")
      end
      return pandoc.DefinitionList(list.content:map(entry))
    end,
  },
}
